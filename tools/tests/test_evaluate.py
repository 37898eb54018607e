"""Tests of tools/evaluate as it is run: what it asks, prints and writes.

Run alone, from anywhere: python3 tools/tests/test_evaluate.py
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Command(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="foretwin-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.put("train_sessions.txt.gz", "1 2\n3 4 5\n" * 20)
        self.put("test_prefix_label.tsv.gz", "3\t1 2\n2\t1\n")
        # What it answers depends on the seed: 0.57 for 7, 0.58 for 8.
        self.answer = self.program(
            "value = 0.5 + int(arguments[arguments.index('--seed') + 1]) / 100\n"
            "out = pathlib.Path(arguments[arguments.index('--json') + 1])\n"
            "out.write_text(json.dumps({'examples': 2, 'hit_rate': {'20': value},"
            " 'mrr': {'20': 0.25}, 'seconds': {'rank': 3.0, 'count': 0.2},"
            " 'arguments': arguments}))")

    def put(self, name, text):
        with gzip.open(self.folder / name, "wt", encoding="utf-8") as file:
            file.write(text)

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

    def test_each_row_says_where_its_figures_are_from(self):
        code, out, _ = self.run_evaluate("--program", str(self.answer))
        self.assertEqual(code, 0)
        self.assertIn("| **Foretwin, `full`** | ours | 57.0 | 25.0 |", out)
        self.assertIn("| GCE-GNN | quoted: its paper, SIGIR 2020, these sessions | 54.2 | 19.0 |",
                      out)
        # Of the session 1 2 3 the rules know that 2 comes after 1, and nothing that comes after 2.
        # What is popular fills the list, and of five equally popular items 3 was met third.
        self.assertIn("| sequential rules | recomputed | 100.0 | 66.7 |", out)
        rows = [line for line in out.splitlines() if line.startswith("| ")][1:]
        self.assertEqual(len(rows), 11)
        for row in rows:
            self.assertRegex(row, r"^\| [^|]+ \| (ours|recomputed|quoted: [^|]*) \| ")
        self.assertIn("2 examples", out)
        self.assertIn("rank 3", out)
        self.assertIn("V-SKNN: newest 1000, neighbours 100, power of rarity 0", out)

    def test_seeds_give_the_mean_the_lowest_and_the_highest(self):
        path = self.folder / "figures.json"
        code, out, _ = self.run_evaluate(
            "--program", str(self.answer), "--seeds", "7,8,12", "--json", str(path))
        self.assertEqual(code, 0)
        self.assertIn("| 59.0 (57.0 to 62.0) | 25.0 |", out)
        self.assertIn("seeds 7, 8, 12", out)
        figures = json.loads(path.read_text("utf-8"))
        self.assertAlmostEqual(figures["P@20"], 59)
        self.assertAlmostEqual(figures["seeds"]["12"]["P@20"], 62)
        self.assertEqual(figures["seconds"]["rank"], 3)
        self.assertFalse(figures["validation"])
        for text in ("7,,8", "seven"):
            code, _, err = self.run_evaluate("--seeds", text)
            self.assertEqual(code, 2)
            self.assertIn(text, err)

    def test_simple_methods_need_no_program(self):
        path = self.folder / "figures.json"
        code, out, _ = self.run_evaluate("--only-baselines", "--json", str(path))
        self.assertEqual(code, 0)
        self.assertNotIn("| ours |", out)
        figures = json.loads(path.read_text("utf-8"))
        self.assertEqual(figures["simple"]["sequential rules"]["P@20"], 100)
        self.assertNotIn("P@20", figures)

    def test_a_validation_cut_is_not_put_beside_figures_of_the_test_part(self):
        code, out, _ = self.run_evaluate("--program", str(self.answer), "--validation")
        self.assertEqual(code, 0)
        self.assertNotIn("GCE-GNN", out)
        self.assertNotIn("recomputed", out)
        self.assertIn("P@20 57", out)

    def test_memory_is_that_of_the_program_alone(self):
        path = self.folder / "figures.json"
        peaks = []
        for mebibytes in (0, 96):
            program = self.program(
                f"kept = bytearray({mebibytes} * 2**20)\n"
                "kept[::4096] = b'x' * len(kept[::4096])\n"
                "out = pathlib.Path(arguments[arguments.index('--json') + 1])\n"
                "out.write_text(json.dumps({'examples': 2, 'hit_rate': {'20': 0.5},"
                " 'mrr': {'20': 0.25}, 'seconds': {}}))")
            # The process that starts the program is larger than the program.
            inside = (f"import sys; sys.path.insert(0, {str(ROOT / 'tools/lib')!r})\n"
                      "large = bytearray(256 * 2**20); large[::4096] = b'x' * len(large[::4096])\n"
                      "from evaluate.__main__ import main\n"
                      "sys.exit(main(sys.argv[1:]))")
            subprocess.run(
                [sys.executable, "-B", "-c", inside, "diginetica", "--data", self.folder,
                 "--program", program, "--validation", "--json", path],
                check=True, capture_output=True, timeout=60)
            peaks.append(json.loads(path.read_text("utf-8"))["peak_mebibytes"])
        self.assertLess(peaks[0], 96)
        self.assertGreater(peaks[1], 96)
        self.assertLess(peaks[1], 192)

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
                (["--known-baskets", "no"], "--known-baskets"),
                (["--only-baselines", "--validation"], "--only-baselines"),
                (["--program", str(self.program("sys.exit(64)"))], "code 64")]:
            code, _, err = self.run_evaluate(*arguments)
            self.assertEqual(code, 2 if word.startswith("--") else 1)
            self.assertIn(word, err)

    def test_all_settings_of_data_sets_hold_sizes_and_epochs_alone(self):
        allowed = {"width", "dimensions", "epochs", "negatives", "layers", "batch", "steps",
                   "patience"}
        for path in (ROOT / "tools/lib/evaluate").glob("*.json"):
            for part in json.loads(path.read_text("utf-8")).values():
                self.assertLessEqual(set(part), allowed, path.name)


if __name__ == "__main__":
    unittest.main()
