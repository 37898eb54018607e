"""Tests of tools/retrain's log with a program that only pretends to train; end_to_end.py trains.

Run alone, from anywhere: python3 tools/tests/test_retrain.py
"""

import pathlib
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[1] / "retrain"


class Log(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="foretwin-test.")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.log = self.folder / "retrain.log"
        self.older = self.folder / "retrain.log.1"
        self.program = self.folder / "foretwin"
        self.program.write_text("#!/bin/sh\necho 'Model v0001 is now in use'\n", "utf-8")
        self.program.chmod(0o755)

    def retrain(self, *options):
        return subprocess.run(
            [TOOL, "--program", self.program, "--log", self.log, *options], cwd=self.folder,
            capture_output=True, text=True, timeout=60, check=False)

    def test_a_log_below_the_size_is_added_to(self):
        self.log.write_bytes(b"x" * (2**20 - 1))
        self.assertEqual(self.retrain("--log-size", "1").returncode, 0)
        self.assertGreater(self.log.stat().st_size, 2**20)
        self.assertIn("training into models/default", self.log.read_text("utf-8"))
        self.assertFalse(self.older.exists())

    def test_a_log_of_the_size_takes_the_place_of_the_older_one(self):
        self.older.write_text("oldest", "utf-8")
        self.log.write_bytes(b"x" * 2**20)
        self.assertEqual(self.retrain("--log-size", "1").returncode, 0)
        self.assertEqual(self.older.read_bytes(), b"x" * 2**20)
        self.assertNotIn("x" * 10, self.log.read_text("utf-8"))
        self.assertIn("is now in use", self.log.read_text("utf-8"))

    def test_the_size_is_ten_mebibytes_unless_given(self):
        self.log.write_bytes(b"x" * (10 * 2**20 - 1))
        self.retrain()
        self.assertFalse(self.older.exists())
        self.retrain()
        self.assertTrue(self.older.exists())

    def test_a_size_that_is_none_is_refused(self):
        for size in ("0", "-1", "ten", "1.5", "08", "10000", ""):
            done = self.retrain("--log-size", size)
            self.assertEqual(done.returncode, 2, size)
            self.assertIn("--log-size", done.stderr)


if __name__ == "__main__":
    unittest.main()
