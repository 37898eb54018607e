"""Tests of the suite of tools/torture that makes calls to the system fail."""

import errno
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS / "lib"))

from torture import faults, suite, workload  # noqa: E402
from torture.program import Program, Result  # noqa: E402

# Writes, syncs, sizes, names and opens files, in this order, and says what failed.
CALLER = r"""
import errno, mmap, os, sys
folder = sys.argv[1]
def note(name, call):
    try:
        call()
        print(name, "ok")
    except OSError as problem:
        print(name, errno.errorcode[problem.errno])
flags = os.O_RDWR | os.O_CREAT
file = os.open(folder + "/file", flags)
for _ in range(3):
    note("write", lambda: os.write(file, b"x" * 5000))
    note("pwrite", lambda: os.pwrite(file, b"x", 0))
    note("sync", lambda: os.fsync(file))
    note("datasync", lambda: os.fdatasync(file))
note("truncate", lambda: os.ftruncate(file, 4096))
note("map", lambda: mmap.mmap(file, 4096))
note("open", lambda: os.close(os.open(folder + "/other", flags)))
note("rename", lambda: os.rename(folder + "/file", folder + "/new"))
note("elsewhere", lambda: os.close(os.open(sys.argv[2] + "/outside", flags)))
"""


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-test-"))
        self.addCleanup(shutil.rmtree, self.folder)


@unittest.skipUnless(shutil.which(os.environ.get("CC", "cc")), "needs a C compiler")
class Library(FolderTest):
    def call(self, fault):
        """What a program says whose calls fail, its exit code, and how many calls failed."""
        inside = self.folder / "inside"
        shutil.rmtree(inside, ignore_errors=True)
        (inside / "tmp").mkdir(parents=True)
        library = faults.build_library(self.folder)
        counts = self.folder / "counts"
        counts.write_bytes(bytes(8 * (len(faults.KINDS) + 1)))
        environment = {name: str(value) for name, value in
                       fault.environment(library, counts, inside).items()}
        done = subprocess.run(
            [sys.executable, "-c", CALLER, inside, self.folder], capture_output=True, text=True,
            check=False, env={**os.environ, **environment})
        failed = [line for line in done.stdout.splitlines() if not line.endswith(" ok")]
        return failed, done.returncode, faults.counters(counts)

    def test_calls_under_the_folder_are_counted_by_kind_and_no_others(self):
        failed, code, counts = self.call(faults.NO_FAULT)
        self.assertEqual((failed, code), ([], 0))
        self.assertEqual(
            dict(zip(faults.KINDS, counts)),
            {"write": 6, "sync": 6, "truncate": 1, "map": 1, "name": 1, "open": 2})
        self.assertEqual(counts[-1], 0)

    def test_one_call_fails_with_the_error_that_was_asked_for(self):
        failed, _, counts = self.call(faults.Fault("write", 2, errno.ENOSPC))
        self.assertEqual((failed, counts[-1]), (["pwrite ENOSPC"], 1))
        failed, _, counts = self.call(faults.Fault("map", 1, errno.ENOMEM))
        self.assertEqual((failed, counts[-1]), (["map ENOMEM"], 1))
        failed, _, _ = self.call(faults.Fault("name", 1, errno.EIO))
        self.assertEqual(failed, ["rename EIO"])

    def test_a_sticky_fault_makes_all_later_calls_of_its_kind_fail(self):
        failed, _, counts = self.call(faults.Fault("sync", 4, errno.EIO, is_sticky=True))
        self.assertEqual((failed, counts[-1]), (["datasync EIO", "sync EIO", "datasync EIO"], 3))

    def test_the_program_can_be_made_to_end_there(self):
        _, code, counts = self.call(faults.Fault("truncate", 1, 0))
        self.assertEqual((code, counts[-1]), (faults.ENDED, 1))
        self.assertFalse((self.folder / "inside/new").exists())


class Choice(unittest.TestCase):
    COUNTS = {"write": 5, "sync": 2, "truncate": 0, "map": 1, "name": 1, "open": 2}

    def test_every_call_fails_in_every_way_once_and_for_good(self):
        chosen = list(faults.all_faults(self.COUNTS))
        self.assertEqual(len(chosen), len(set(chosen)))
        self.assertEqual(len(chosen), 5 * 5 + 2 * 5 + 3 + 3 + 2 * 5)
        self.assertEqual({fault.at for fault in chosen if fault.kind == "write"}, {1, 2, 3, 4, 5})

    def test_a_sample_has_all_kinds_and_comes_again_with_its_seed(self):
        few = faults.sample(faults.all_faults(self.COUNTS), 10, "7")
        self.assertEqual(few, faults.sample(faults.all_faults(self.COUNTS), 10, "7"))
        self.assertEqual(len(few), 10)
        self.assertEqual({fault.kind for fault in few}, {"write", "sync", "map", "name", "open"})
        self.assertEqual(len(faults.sample(faults.all_faults(self.COUNTS), 1000, "7")), 51)


class Judgement(unittest.TestCase):
    """How the ends of commands and what they leave are judged, with a bench that runs nothing."""

    def setUp(self):
        self.bench = faults.Bench.__new__(faults.Bench)
        self.bench.command = faults.Command("test", (), None, is_in_batches=True)
        self.bench.before = json.dumps([[10, "a"], [5, "b"]])

    def test_only_refusals_with_documented_codes_are_right(self):
        fault = faults.Fault("write", 1, errno.EIO)
        for code in (0, 1, 74):
            self.assertIsNone(self.bench.judge_end(Result(code, "", "Error: it failed."), fault))
        for result in (
                Result(-11, "", ""), Result(None, "", ""), Result(1, "", ""),
                Result(1, "", "Error: one.\nError: two."), Result(65, "", "Error: damaged."),
                Result(2, "", "Error: odd."), Result(faults.ENDED, "", "")):
            self.assertIsNotNone(self.bench.judge_end(result, fault), f"{result}")
        ended = faults.Fault("write", 1, 0)
        self.assertIsNone(self.bench.judge_end(Result(faults.ENDED, "", ""), ended))
        self.assertIsNotNone(self.bench.judge_end(Result(-6, "", ""), ended))

    def test_batches_are_there_whole_and_none_is_lost(self):
        def state(count):
            return json.dumps([[count, "x"]])

        self.assertTrue(self.bench.is_between(state(15)))
        self.assertTrue(self.bench.is_between(state(25)))
        for bad in (state(24), state(5), "", "exit code 1: no"):
            self.assertFalse(self.bench.is_between(bad), bad)


class Whole(FolderTest):
    def test_a_program_that_cannot_do_anything_fails_the_suite(self):
        program = self.folder / "foretwin"
        program.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
        program.chmod(0o700)
        surroundings = suite.Surroundings(
            Program(program), 1, True, 1, self.folder / "scratch", self.folder / "keep")
        _, listed = faults.commands(surroundings)
        bench = listed[0]
        with self.assertRaises((RuntimeError, ValueError, OSError)):
            faults.Bench(
                surroundings, "none", workload.Workload(1, 6, faults.BATCH, 1), bench)


if __name__ == "__main__":
    unittest.main()
