"""What all attacks share: runs of the program under limits, and tests that note what they saw."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from dataclasses import dataclass

from . import settings

HEADER = "event_id,user_id,item_id,type,timestamp\n"


def attack(finding, about, long=False, slow=False):
    """Marks a test as the attack of a finding, with what it does in a few words.

    A long one takes minutes or gigabytes and runs with --long only; a slow one takes a quarter of a
    minute or more and does not run with --quick.
    """
    def mark(test):
        test.finding, test.about = finding, about
        test.is_long, test.is_slow = long, long or slow
        return test
    return mark


def environment(**more):
    """The environment of this process without a key, so that the program makes its own."""
    own = {name: value for name, value in os.environ.items() if name != "FORETWIN_KEY"}
    # Backtraces of crashes take seconds and are not looked at.
    return {**own, "SWIFT_BACKTRACE": "enable=no", **more}


def own_bytes(pid):
    """The memory of a process's own, without mapped files; 0 if it has ended."""
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            for line in status:
                if line.startswith("RssAnon:"):
                    return int(line.split()[1]) << 10
    except (OSError, ValueError):
        pass
    return 0


class Meter:
    """Watches the memory of a process, and ends the process if it takes too much."""

    def __init__(self, process, limit=settings.BYTE_COUNT_MAX):
        self.process, self.limit = process, limit
        self.peak = 0
        self.has_ended_it = False
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.stopping.wait(0.03):
            self.peak = max(self.peak, own_bytes(self.process.pid))
            if self.peak > self.limit and self.process.poll() is None:
                self.has_ended_it = True
                self.process.kill()
                return

    def stop(self):
        self.stopping.set()
        self.thread.join(timeout=5)

    def restart(self):
        """Forgets the peak so far and returns what the process has now."""
        self.peak = own_bytes(self.process.pid)
        return self.peak


@dataclass(frozen=True)
class Result:
    """How a run ended; `code` is negative after a signal and None if it was stopped."""

    code: int | None
    out: str
    err: str
    seconds: float
    peak: int
    took_too_much: bool

    @property
    def text(self):
        return self.out + self.err

    @property
    def errors(self):
        return [line for line in self.err.splitlines() if line.startswith("Error:")]

    @property
    def is_refusal(self):
        """Whether the program ended by itself with a code and one sentence."""
        return self.code is not None and 0 < self.code < 128 and len(self.errors) == 1

    def __str__(self):
        if self.took_too_much:
            return f"ended by the test at {megabytes(self.peak)}"
        if self.code is None:
            return "did not end"
        if self.code < 0:
            return f"ended by {signal.Signals(-self.code).name}"
        said = self.errors[0] if self.errors else (self.err.strip().splitlines() or [""])[-1]
        return f"exit code {self.code}" + (f", '{said[:160]}'" if self.code else "")


def megabytes(count):
    return f"{count / 1e6:,.0f} MB"


class Case(unittest.TestCase):
    """An attack in a folder of its own; all processes that it starts end with it."""

    # A failure says what was expected, and not the values, which the table has already.
    longMessage = False

    def setUp(self):
        self.seen = []
        test = getattr(self, self._testMethodName)
        if test.is_long and not settings.long:
            self.skipTest("takes minutes or gigabytes; run with --long")
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=settings.scratch))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def saw(self, text):
        """Notes something for the table."""
        self.seen.append(str(text))

    def harmless(self, problems):
        """Fails if there are problems, and names the first ones."""
        problems = [problem for problem in problems if problem]
        if problems:
            more = f"; and {len(problems) - 4} more" if len(problems) > 4 else ""
            self.fail("; ".join(problems[:4]) + more)

    def file(self, name, content):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def start(self, *arguments, wrapper=(), data_limit=settings.BYTE_COUNT_MAX, env=None,
              **options):
        """Starts the program under a limit of its memory; it ends with the test at the latest."""
        command = [settings.program, *map(str, arguments)]
        limits = ["prlimit", f"--data={data_limit}"] if shutil.which("prlimit") else []
        process = subprocess.Popen(
            [*wrapper, *limits, *command], cwd=self.folder, env=environment(**(env or {})),
            umask=0o022, **options)
        self.addCleanup(end, process)
        return process

    def run_program(self, *arguments, timeout=60, stdin=None, **options):
        """Runs the program to its end, which is the timeout at the latest."""
        began = time.monotonic()
        process = self.start(
            *arguments, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
        meter = Meter(process)
        try:
            out, err = process.communicate(stdin, timeout=timeout)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            code = None
        meter.stop()
        return Result(code, decoded(out), decoded(err), time.monotonic() - began, meter.peak,
                      meter.has_ended_it)

    def succeed(self, *arguments, **options):
        """Runs what has to work for the attack to mean anything, and returns what it printed."""
        result = self.run_program(*arguments, **{"timeout": 120, **options})
        if result.code != 0:
            raise RuntimeError(f"foretwin {' '.join(map(str, arguments))}: {result}")
        return result.out

    def shop(self, is_large=False):
        """Puts a made-up shop with a store and a model into the test's folder.

        The small one is made in a second; simulations of the large one are dear.
        """
        template = settings.scratch / ("large-shop" if is_large else "small-shop")
        if not template.exists():
            self.make_shop(template, is_large)
        shutil.copytree(template, self.folder, dirs_exist_ok=True)

    def make_shop(self, template, is_large):
        customers, items, days = (150, 1500, 120) if is_large else (60, 60, 80)
        draft = Case()
        draft.folder = pathlib.Path(tempfile.mkdtemp(dir=settings.scratch))
        draft.succeed("generate-shop", "--customers", customers, "--items", items, "--days", days)
        draft.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        draft.succeed(*(LARGE_TRAIN if is_large else TRAIN))
        draft.doCleanups()
        draft.folder.rename(template)

    def first_store(self):
        """Makes a store of one event."""
        self.file("first.csv", HEADER + "first,first-customer,first-item,view,2026-01-01\n")
        self.succeed("ingest", "first.csv")

    def help(self, *command):
        """The help of a command, with its lines joined."""
        return re.sub(r"\s+", " ", self.run_program(*command, "--help").out)

    def runTest(self):
        """Lets a case be made outside of a run of tests."""


TRAIN = ("train", "--epochs", 2, "--width", 16, "--backtest-customers", 0, "--promote", "always")
LARGE_TRAIN = (
    "train", "--epochs", 1, "--width", 64, "--backtest-customers", 0, "--promote", "always")
QUICK_TRAIN = (
    "train", "--epochs", 1, "--width", 8, "--backtest-customers", 0, "--promote", "always")


def decoded(data):
    return (data or b"").decode("utf-8", "surrogateescape")


def end(process):
    """Ends a process that this test started, whatever state it is in."""
    if process.poll() is None:
        process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()
    process.wait(timeout=30)


def event(number, user, item, kind="view", moment=1_767_225_600, **more):
    """An event as JSON can hold it."""
    return {"event_id": str(number), "user_id": user, "item_id": item, "type": kind,
            "timestamp": moment, **more}
