"""The pseudonym key, without which no twin can be found again, and what is made durable."""

import os
import re
import shutil
import stat
import subprocess
import time
import unittest

from .support import HEADER, QUICK_TRAIN, Case, attack

STRACE = shutil.which("strace")
ONE_EVENT = HEADER + "1,ann,tea,purchase,2026-01-01\n"


class Race(Case):
    """Two first starts at once."""

    def both_find_ann(self, race):
        """Whether the store that the two have made can be opened with the key that is there."""
        shown = self.run_program("twin", "show", "ann", "--store", f"{race}/store")
        return "" if shown.code == 0 else f"the store cannot be opened: {shown}"

    def start_ingest(self, race, **options):
        return self.start(
            "ingest", "one.csv", "--store", f"{race}/store", "--rejects", os.devnull,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            **options)

    @attack("F3", "two first ingests at once, again and again")
    def test_two_first_starts(self):
        self.file("one.csv", ONE_EVENT)
        limit = time.monotonic() + 40
        rounds, problems = 0, []
        # Some losses are proof enough; a sound program goes through all rounds.
        while rounds < 200 and time.monotonic() < limit and sum(map(bool, problems)) < 5:
            race = f"race-{rounds}"
            (self.folder / race).mkdir()
            for process in [self.start_ingest(race) for _ in range(2)]:
                process.wait(timeout=30)
            problems.append(self.both_find_ann(race))
            shutil.rmtree(self.folder / race)
            rounds += 1
        lost = [problem for problem in problems if problem]
        self.saw(f"{len(lost)} of {rounds} stores lost their key")
        self.harmless(lost[:1])

    @unittest.skipUnless(STRACE, "strace is not installed")
    @attack("F3", "two first ingests, one of them held up before it names its key")
    def test_a_slow_first_start(self):
        self.file("one.csv", ONE_EVENT)
        problems, rounds = [], 6
        for number in range(rounds):
            race = f"slow-{number}"
            (self.folder / race).mkdir()
            calls = "rename,renameat,renameat2,link,linkat"
            slow = self.start_ingest(race, wrapper=[
                STRACE, "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}",
                "-e", f"inject={calls}:delay_enter=1500000"])
            # Started while the slow one waits, or before it looks: any order must do.
            time.sleep(0.1 * number)
            quick = self.start_ingest(race)
            quick.wait(timeout=30)
            slow.wait(timeout=60)
            problems.append(self.both_find_ann(race))
        lost = [problem for problem in problems if problem]
        self.saw(f"{len(lost)} of {rounds} stores lost their key")
        self.harmless(lost[:1])


def traced(case, *arguments, calls):
    """The calls to the system of a run, in order, with the paths of descriptors."""
    log = case.folder / "calls.txt"
    result = case.run_program(
        *arguments, timeout=90,
        wrapper=[STRACE, "-f", "-y", "-qq", "-s", "4096", "-o", str(log), "-e", f"trace={calls}"])
    if result.code != 0:
        raise RuntimeError(f"under strace: {result}")
    lines = log.read_text("utf-8", "replace").splitlines()
    return [re.sub(r"^\d+\s+", "", line) for line in lines]


FILES = ("openat,open,creat,rename,renameat,renameat2,link,linkat,fsync,fdatasync,"
         "chmod,fchmod,fchmodat")


@unittest.skipUnless(STRACE, "strace is not installed")
class Making(Case):
    """How files are made, seen by their calls to the system."""

    def first_ingest(self):
        self.file("one.csv", ONE_EVENT)
        return traced(self, "ingest", "one.csv", "--store", "new/store", calls=FILES)

    @attack("F3", "the call that makes the key")
    def test_the_key_is_made_exclusively(self):
        calls = self.first_ingest()
        makers = [call for call in calls if "O_CREAT" in call and ".lock" not in call
                  and re.search(r'"[^"]*(\.key|nosync|/new/\.?[^"/]*(key|tmp|partial))[^"]*"', call)
                  and "ENOENT" not in call]
        named = [call for call in calls if call.startswith("rename") and '.key"' in call
                 and "RENAME_NOREPLACE" not in call and "= 0" in call]
        loose = [call for call in makers
                 if "O_EXCL" not in call or not re.search(r"0[0-7]00\)", call)]
        self.saw("; ".join(short(call) for call in (makers + named)[:3]) or "no call was found")
        mode = stat.S_IMODE(os.stat(self.folder / "new/store.key").st_mode)
        self.harmless([
            "expected a call that makes the key" if not makers else "",
            "expected O_EXCL and mode 0600 from the start" if loose else "",
            "expected no rename that replaces what is there" if named else "",
            f"the key's mode is {mode:o}" if mode & 0o077 else ""])

    @attack("F3, F27", "sync of the folder that names a new key and store")
    def test_the_folder_of_the_key_is_synced(self):
        calls = self.first_ingest()
        synced = {found[1] for call in calls
                  if (found := re.match(r"f(?:data)?sync\(\d+<([^>]*)>", call))}
        folder = os.path.realpath(self.folder / "new")
        self.saw(f"synced: {', '.join(os.path.basename(path) for path in sorted(synced))}")
        self.assertIn(folder, synced, "expected a sync of the folder of key and store")

    def synced_after_rename(self, name, *arguments):
        calls = traced(self, *arguments, calls=FILES)
        last = max((place for place, call in enumerate(calls)
                    if call.startswith(("rename", "link"))
                    and os.path.basename(name) + '"' in call.rpartition(",")[0] + '"'
                    or re.match(rf'(rename|link)\w*\(.*{re.escape(name)}"', call)), default=None)
        if last is None:
            made = any(f'{name}"' in call and "O_CREAT" in call for call in calls)
            return f"{name}: no call was found" if not made else self.parent_synced(name, calls, 0)
        return self.parent_synced(name, calls, last)

    def parent_synced(self, name, calls, after):
        folder = os.path.realpath((self.folder / name).parent)
        return "" if any(re.match(rf"f(data)?sync\(\d+<{re.escape(folder)}>", call)
                         for call in calls[after:]) else f"{name}: its folder is not synced"

    @attack("F27", "sync of the folder after exports, backups and fleet files get their names")
    def test_names_are_made_durable(self):
        self.shop()
        self.harmless([
            self.synced_after_rename("shop.graphml", "graph", "export", "shop.graphml"),
            self.synced_after_rename("backup.mdb", "backup", "backup.mdb"),
            self.synced_after_rename("kept.mdb.key", "backup", "kept.mdb", "--with-key"),
            self.synced_after_rename("fleet.jsonl", "simulate", "--all", "--paths", 5,
                                     "--horizon", 7, "-o", "fleet.jsonl"),
            self.synced_after_rename("exported/events.jsonl", "twin", "export", "customer-0003",
                                     "--to", "exported"),
            self.synced_after_rename("models/default/v0002", *QUICK_TRAIN),
        ])


def short(call):
    """A call without the folders of its paths."""
    return re.sub(r'"[^"]*/', '"', re.sub(r"AT_FDCWD(<[^>]*>)?, ", "", call))[:110]
