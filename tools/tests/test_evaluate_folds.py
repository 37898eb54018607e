"""Tests of how tools/evaluate turns data sets into folds.

Run alone, from anywhere: python3 tools/tests/test_evaluate_folds.py
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/lib"))
sys.dont_write_bytecode = True

from evaluate import datasets, folds  # noqa: E402


class InFolder(unittest.TestCase):
    """Has a folder for the files of a data set."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="foretwin-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, text):
        with gzip.open(self.folder / name, "wt", encoding="utf-8") as file:
            file.write(text)

    def folds(self, name, validation=False, **options):
        """All folds as (training rows, test rows), each row split at commas."""
        found = []
        for header, training, test in datasets.ALL[name].folds(
                self.folder, validation, **options):
            self.assertEqual(header, folds.HEADER)
            found.append(tuple([row.split(",") for row in rows] for rows in (training, test)))
        return found


def sequences(rows, key):
    """The items of each sequence, in the order of the rows."""
    found = {}
    for row in rows:
        found.setdefault(row[key], []).append(row[1])
    return found


class Diginetica(InFolder):
    def setUp(self):
        super().setUp()
        self.sessions = [[str(number), str(number + 1), "7"] for number in range(40)]
        self.put("train_sessions.txt.gz",
                 "".join(" ".join(session) + "\n" for session in self.sessions))

    def test_examples_become_the_sessions_that_they_are_prefixes_of(self):
        self.put("test_prefix_label.tsv.gz", "3\t1 2\n2\t1\n9\t8\n5\t4\n")
        (training, test), = self.folds("diginetica")
        self.assertEqual(list(sequences(training, 4).values()), self.sessions)
        self.assertEqual(list(sequences(test, 4).values()),
                         [["1", "2", "3"], ["8", "9"], ["4", "5"]])
        self.assertFalse(set(sequences(training, 4)) & set(sequences(test, 4)))

    def test_times_rise_within_and_across_sessions(self):
        self.put("test_prefix_label.tsv.gz", "3\t1 2\n2\t1\n")
        (training, test), = self.folds("diginetica")
        times = [int(row[3]) for row in training + test]
        self.assertEqual(times, sorted(set(times)))

    def test_validation_asks_about_the_last_training_sessions_and_reads_no_test_file(self):
        (training, test), = self.folds("diginetica", validation=True)
        self.assertEqual(list(sequences(training, 4).values()), self.sessions[:38])
        self.assertEqual(list(sequences(test, 4).values()), self.sessions[38:])

    def test_a_test_file_in_another_order_is_refused(self):
        self.put("test_prefix_label.tsv.gz", "2\t1\n3\t1 2\n")
        with self.assertRaisesRegex(folds.DataError, "longest first"):
            self.folds("diginetica")

    def test_a_line_without_a_label_is_named(self):
        self.put("test_prefix_label.tsv.gz", "3\t1 2\nrubbish\n")
        with self.assertRaisesRegex(folds.DataError, "line 2"):
            self.folds("diginetica")

    def test_a_missing_file_is_named(self):
        with self.assertRaisesRegex(folds.DataError, "test_prefix_label.tsv.gz is missing"):
            self.folds("diginetica")


class TaFeng(InFolder):
    def setUp(self):
        super().setUp()
        history = {str(user): [[-1], [1, 2, 1], [user + 10], [-1]] for user in range(4)}
        history["3"].insert(1, [5])
        future = {str(user): [[-1], [user + 20], [-1]] for user in range(4)}
        keys = {"item_num": 30, "train": ["0", "1"], "val": ["2"], "test": ["3"]}
        self.put("history.json.gz", json.dumps(history))
        self.put("future.json.gz", json.dumps(future))
        for fold in range(5):
            self.put(f"keyset_{fold}.json.gz", json.dumps(keys))

    def test_only_the_test_users_next_baskets_are_unknown(self):
        folds = self.folds("ta-feng")
        self.assertEqual(len(folds), 5)
        training, test = folds[0]
        users = sequences(training, 0)
        self.assertEqual(users["u0"], ["1", "2", "10", "20"])
        self.assertEqual(users["u2"], ["1", "2", "12", "22"])
        self.assertEqual(users["u3"], ["5", "1", "2", "13"])
        self.assertEqual(sequences(test, 0), {"u3": ["23"]})

    def test_validation_never_reads_what_test_users_do_next(self):
        training, test = self.folds("ta-feng", validation=True)[0]
        self.assertEqual(sequences(training, 0)["u2"], ["1", "2", "12"])
        self.assertEqual(sequences(test, 0), {"u2": ["22"]})
        self.assertNotIn("23", [row[1] for row in training + test])

    def test_without_known_baskets_histories_alone_are_learned_from(self):
        for validation, asked in ((False, {"u3": ["23"]}), (True, {"u2": ["22"]})):
            training, test = self.folds("ta-feng", validation, known_baskets=False)[0]
            self.assertEqual(sequences(test, 0), asked)
            users = sequences(training, 0)
            self.assertEqual(users["u0"], ["1", "2", "10"])
            self.assertEqual(users["u2"], ["1", "2", "12"])
            self.assertEqual(users["u3"], ["5", "1", "2", "13"])

    def test_baskets_lie_a_day_apart_and_the_asked_ones_last(self):
        training, test = self.folds("ta-feng")[0]
        days = sorted({int(row[3]) for row in training if row[0] == "u3"})
        self.assertEqual([later - sooner for sooner, later in zip(days, days[1:])],
                         [folds.DAY] * 2)
        newest = max(int(row[3]) for row in training)
        self.assertEqual({int(row[3]) for row in test}, {newest})
        self.assertEqual(len({row[5] for row in training if row[0] == "u3"}), 3)


class CompleteJourney(InFolder):
    def setUp(self):
        super().setUp()
        self.root = self.folder / "root"
        (self.root / "tools").mkdir(parents=True)
        # Makes of the first field of transactions and products the users of its files.
        self.importer = self.root / "tools/import-completejourney"
        self.importer.write_text(
            f"#!{sys.executable}\nimport pathlib, sys\n"
            "source, out = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[4], 'next-basket')\n"
            "user = source.joinpath('transactions.csv').read_text().strip()\n"
            "user += source.joinpath('products.csv').read_text().strip()\n"
            "if user == 'bad': sys.exit(1)\n"
            f"rows = ['{folds.HEADER}'] + [\n"
            "    f'{user},i{basket},purchase,{basket},,{user}-{basket}' for basket in range(4)]\n"
            "out.mkdir()\n"
            "out.joinpath('train.csv').write_text('\\n'.join(rows[:-1]) + '\\n')\n"
            "out.joinpath('test.csv').write_text('\\n'.join([rows[0], rows[-1]]) + '\\n')\n",
            "utf-8")
        self.importer.chmod(0o755)
        self.enterContext(mock.patch.object(folds, "ROOT", self.root))
        self.tell("a", "b")

    def tell(self, transactions, products):
        (self.folder / "transactions.csv").write_text(transactions, "utf-8")
        (self.folder / "products.csv").write_text(products, "utf-8")

    def user(self):
        (_, test), = self.folds("complete-journey")
        return test[0][0]

    def caches(self):
        return [path.name for path in (self.root / ".build/evaluate").iterdir()]

    def test_the_newest_basket_is_asked_about_and_for_validation_the_one_before(self):
        (training, test), = self.folds("complete-journey")
        self.assertEqual([row[1] for row in training], ["i0", "i1", "i2"])
        self.assertEqual([row[1] for row in test], ["i3"])
        (training, test), = self.folds("complete-journey", validation=True)
        self.assertEqual([row[1] for row in training], ["i0", "i1"])
        self.assertEqual([row[1] for row in test], ["i2"])

    def test_other_data_in_the_same_folder_are_converted_again(self):
        self.assertEqual(self.user(), "ab")
        for transactions, products in (("c", "b"), ("c", "d")):
            self.tell(transactions, products)
            self.assertEqual(self.user(), transactions + products)
        self.assertEqual(len(self.caches()), 3)

    def test_the_same_data_are_converted_once(self):
        self.user()
        before = self.caches()
        with mock.patch.object(subprocess, "run", side_effect=AssertionError):
            self.assertEqual(self.user(), "ab")
        self.assertEqual(self.caches(), before)

    def test_another_folder_and_another_importer_have_their_own_files(self):
        self.user()
        other = self.folder / "other"
        other.mkdir()
        for name in ("transactions.csv", "products.csv"):
            (self.folder / name).rename(other / name)
        self.folder = other
        self.user()
        self.assertEqual(len(self.caches()), 2)
        self.importer.write_text(self.importer.read_text("utf-8") + "# Newer.\n", "utf-8")
        self.user()
        self.assertEqual(len(self.caches()), 3)

    def test_what_failed_leaves_nothing(self):
        self.tell("ba", "d")
        with self.assertRaisesRegex(folds.DataError, "import-completejourney failed"):
            self.user()
        self.assertEqual(self.caches(), [])

    def test_a_missing_file_is_named(self):
        (self.folder / "products.csv").unlink()
        with self.assertRaisesRegex(folds.DataError, "products.csv is missing"):
            self.user()


class Own(InFolder):
    """Event files of one's own."""

    def own(self, name, text, validation=False):
        path = self.folder / "events.csv"
        path.write_text(text, "utf-8")
        (header, training, test), = datasets.ALL[name].folds(path, validation)
        return [row.split(",") for row in training], [row.split(",") for row in test]

    def test_the_newest_sessions_are_asked_about_wherever_they_stand(self):
        rows = [f"s{number},a,2026-01-{number + 1:02}" for number in range(25)]
        text = "\n".join(["session_id,item_id,timestamp", *reversed(rows)]) + "\n"
        training, test = self.own("sessions", text)
        self.assertEqual([row[0] for row in test], ["s24"])
        self.assertEqual(len(training), 24)
        training, test = self.own("sessions", text, validation=True)
        self.assertEqual([row[0] for row in test], ["s23"])
        self.assertNotIn("s24", [row[0] for row in training])

    def test_the_newest_basket_of_each_customer_is_asked_about_by_time(self):
        rows = [f"u,b{number},a,2026-01-{number + 1:02}" for number in range(4)]
        text = "\n".join(["user_id,basket_id,item_id,timestamp", *reversed(rows)]) + "\n"
        training, test = self.own("baskets", text)
        self.assertEqual([row[1] for row in test], ["b3"])
        training, test = self.own("baskets", text, validation=True)
        self.assertEqual([row[1] for row in test], ["b2"])
        self.assertEqual(sorted(row[1] for row in training), ["b0", "b1"])

    def test_says_which_column_is_missing(self):
        with self.assertRaisesRegex(folds.DataError, "no column session_id"):
            self.own("sessions", "user_id,timestamp\n")
        with self.assertRaisesRegex(folds.DataError, "quoted"):
            self.own("sessions", 'session_id,item_id,timestamp\n"a,b",c,2026\n')


if __name__ == "__main__":
    unittest.main()
