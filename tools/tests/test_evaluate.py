"""Tests of tools/evaluate: how data sets become folds, and what is made of results.

Run alone, from anywhere: python3 tools/tests/test_evaluate.py
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

from evaluate import __main__ as evaluate  # noqa: E402
from evaluate import datasets  # noqa: E402


class InFolder(unittest.TestCase):
    """Has a folder for the files of a data set."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="foretwin-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def put(self, name, text):
        with gzip.open(self.folder / name, "wt", encoding="utf-8") as file:
            file.write(text)

    def folds(self, name, validation=False):
        """All folds as (training rows, test rows), each row split at commas."""
        found = []
        for header, training, test in datasets.ALL[name].folds(self.folder, validation):
            self.assertEqual(header, datasets.HEADER)
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
        self.assertEqual(list(sequences(test, 4).values()), [["1", "2", "3"], ["8", "9"], ["4", "5"]])
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
        with self.assertRaisesRegex(datasets.DataError, "longest first"):
            self.folds("diginetica")

    def test_a_line_without_a_label_is_named(self):
        self.put("test_prefix_label.tsv.gz", "3\t1 2\nrubbish\n")
        with self.assertRaisesRegex(datasets.DataError, "line 2"):
            self.folds("diginetica")

    def test_a_missing_file_is_named(self):
        with self.assertRaisesRegex(datasets.DataError, "test_prefix_label.tsv.gz is missing"):
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

    def test_baskets_lie_a_day_apart_and_the_asked_ones_last(self):
        training, test = self.folds("ta-feng")[0]
        days = sorted({int(row[3]) for row in training if row[0] == "u3"})
        self.assertEqual([later - sooner for sooner, later in zip(days, days[1:])],
                         [datasets.DAY] * 2)
        newest = max(int(row[3]) for row in training)
        self.assertEqual({int(row[3]) for row in test}, {newest})
        self.assertEqual(len({row[5] for row in training if row[0] == "u3"}), 3)


class CompleteJourney(InFolder):
    HEADER = "user_id,item_id,type,timestamp,session_id,basket_id"

    def test_validation_takes_the_newest_basket_of_the_training_file(self):
        rows = [f"u{user},i{basket},purchase,{basket},,u{user}-{basket}"
                for user, count in (("1", 4), ("2", 2)) for basket in range(count)]
        out = self.folder / "out/.build/evaluate/complete-journey/next-basket"
        out.mkdir(parents=True)
        (out / "train.csv").write_text("\n".join([self.HEADER, *rows]) + "\n", "utf-8")
        (out / "test.csv").write_text(self.HEADER + "\n", "utf-8")
        module = self.folder / "out/a/b/c/datasets.py"
        with mock.patch.object(datasets, "__file__", str(module)):
            (training, test), = self.folds("complete-journey", validation=True)
        self.assertEqual([row[5] for row in test], ["u1-3"])
        self.assertEqual(len(training), 5)


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
        with self.assertRaisesRegex(datasets.DataError, "no column session_id"):
            self.own("sessions", "user_id,timestamp\n")
        with self.assertRaisesRegex(datasets.DataError, "quoted"):
            self.own("sessions", 'session_id,timestamp\n"a,b",2026\n')


class Command(InFolder):
    def program(self, body):
        """A program that writes a result; `body` is Python with `arguments` at hand."""
        path = self.folder / "program"
        path.write_text(f"#!{sys.executable}\nimport json, pathlib, sys\n"
                        f"arguments = sys.argv[1:]\n{body}\n", "utf-8")
        path.chmod(0o755)
        return path

    def run_evaluate(self, *arguments):
        done = subprocess.run(
            [ROOT / "tools/evaluate", "diginetica", "--data", self.folder, *arguments],
            capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    def setUp(self):
        super().setUp()
        self.put("train_sessions.txt.gz", "1 2\n3 4 5\n" * 20)
        self.put("test_prefix_label.tsv.gz", "3\t1 2\n2\t1\n")
        self.answer = self.program(
            "out = pathlib.Path(arguments[arguments.index('--json') + 1])\n"
            "out.write_text(json.dumps({'examples': 2, 'hit_rate': {'20': 0.5},"
            " 'mrr': {'20': 0.25}, 'seconds': {'rank': 3.0, 'count': 0.2},"
            " 'arguments': arguments}))")

    def test_prints_the_figures_beside_published_ones(self):
        code, out, _ = self.run_evaluate("--program", str(self.answer))
        self.assertEqual(code, 0)
        self.assertIn("| **Foretwin, `full`** | 50.0 | 25.0 |", out)
        self.assertIn("| GCE-GNN | 54.2 | 19.0 |", out)
        self.assertIn("2 examples", out)
        self.assertIn("rank 3", out)

    def test_a_validation_cut_is_not_put_beside_figures_of_the_test_part(self):
        code, out, _ = self.run_evaluate("--program", str(self.answer), "--validation")
        self.assertEqual(code, 0)
        self.assertNotIn("GCE-GNN", out)
        self.assertIn("P@20 50", out)

    def test_writes_the_figures_as_json(self):
        path = self.folder / "figures.json"
        self.run_evaluate("--program", str(self.answer), "--json", str(path), "--seed", "11")
        figures = json.loads(path.read_text("utf-8"))
        self.assertEqual((figures["P@20"], figures["MRR@20"], figures["seed"]), (50, 25, 11))
        self.assertFalse(figures["validation"])

    def test_hands_method_seed_and_settings_on(self):
        config = self.folder / "mine.json"
        config.write_text('{"sequence": {"width": 32}}', "utf-8")
        seen = self.folder / "seen.json"
        program = self.program(
            f"seen = pathlib.Path({str(seen)!r})\n"
            "config = pathlib.Path(arguments[arguments.index('--config') + 1])\n"
            "seen.write_text(json.dumps([arguments, json.loads(config.read_text())]))\n"
            "sys.exit(1)")
        self.run_evaluate("--program", str(program), "--config", str(config), "--method", "lstm",
                          "--seed", "9")
        arguments, settings = json.loads(seen.read_text("utf-8"))
        self.assertEqual(settings, {"sequence": {"width": 32}})
        for pair in (["--method", "lstm"], ["--seed", "9"], ["--k", "20"]):
            place = arguments.index(pair[0])
            self.assertEqual(arguments[place:place + 2], pair)

    def test_a_sweep_tries_all_combinations_on_the_validation_cut_alone(self):
        program = self.program(
            "config = json.loads(pathlib.Path(arguments[arguments.index('--config') + 1])"
            ".read_text())\n"
            "out = pathlib.Path(arguments[arguments.index('--json') + 1])\n"
            "share = config['sequence']['width'] / 100 + config.get('heldOutShare', 0)\n"
            "out.write_text(json.dumps({'examples': 2, 'hit_rate': {'20': share},"
            " 'mrr': {'20': 0.25}, 'seconds': {'rank': 3.0}}))")
        path = self.folder / "figures.json"
        code, out, _ = self.run_evaluate(
            "--program", str(program), "--validation", "--json", str(path), "--sweep",
            "sequence.width=8,16", "--sweep", "heldOutShare=0.05,0.1")
        self.assertEqual(code, 0)
        tried = json.loads(path.read_text("utf-8"))
        self.assertEqual([entry["settings"]["sequence.width"] for entry in tried], [16, 16, 8, 8])
        self.assertEqual(tried[0]["settings"]["heldOutShare"], 0.1)
        self.assertIn("| 16 | 0.1 | 26 | 25 | 3 |", out)
        code, _, err = self.run_evaluate("--program", str(program), "--sweep", "sequence.width=8")
        self.assertEqual(code, 2)
        self.assertIn("--validation", err)
        code, _, err = self.run_evaluate("--validation", "--sweep", "sequence.width=wide")
        self.assertEqual(code, 2)
        self.assertIn("sequence.width=wide", err)

    def test_says_what_is_missing(self):
        for arguments, word in [
                (["--program", str(self.folder / "nothing")], "nothing"),
                (["--program", str(self.answer), "--config", "nowhere.json"], "nowhere.json"),
                (["--program", str(self.program("sys.exit(64)"))], "code 64")]:
            code, _, err = self.run_evaluate(*arguments)
            self.assertEqual(code, 1)
            self.assertIn(word, err)

    def test_all_settings_of_data_sets_hold_sizes_and_epochs_alone(self):
        allowed = {"width", "dimensions", "epochs", "negatives", "layers", "batch", "steps",
                   "patience"}
        for path in (ROOT / "tools/lib/evaluate").glob("*.json"):
            for part in json.loads(path.read_text("utf-8")).values():
                self.assertLessEqual(set(part), allowed, path.name)


if __name__ == "__main__":
    unittest.main()
