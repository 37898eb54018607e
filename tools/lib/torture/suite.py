"""What all suites share: their surroundings, their results, and work in parallel."""

import concurrent.futures
import itertools
import os
import pathlib
import shutil
import sys
import threading
import time
from dataclasses import dataclass, field

from .program import Program

# Failures are described and kept up to this number for each check; more do not help anybody.
FAILURES_SHOWN = 3


@dataclass
class Outcome:
    """What a suite found: checks by name, each with what went wrong, and figures."""

    name: str
    checks: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)
    skipped: str = ""

    def check(self, name, problems):
        """Notes a check; it holds if there are no problems. Returns whether it does."""
        problems = [problems] if isinstance(problems, str) and problems else list(problems or [])
        known = self.checks.setdefault(name, [])
        known.extend(problems)
        return not known

    @property
    def failed(self):
        return [name for name, problems in self.checks.items() if problems]

    @property
    def status(self):
        if self.failed:
            return "failed"
        return "skipped" if self.skipped else "passed"

    def document(self):
        """The outcome as JSON can hold it."""
        checks = [
            {"name": name, "passed": not problems, "problem_count": len(problems),
             "problems": problems[:FAILURES_SHOWN]}
            for name, problems in self.checks.items()
        ]
        return {
            "name": self.name, "status": self.status, "skipped": self.skipped or None,
            "figures": self.figures, "checks": checks}


@dataclass
class Surroundings:
    """What a suite runs with."""

    program: Program
    seed: int
    is_quick: bool
    jobs: int
    scratch: pathlib.Path
    keep: pathlib.Path
    _kept: set = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def size(self, quick, full):
        return quick if self.is_quick else full

    def folder(self, name):
        """A new folder for a suite's files."""
        path = self.scratch / name
        path.mkdir(mode=0o700, parents=True)
        return path

    def say(self, text):
        """Tells whoever waits how it goes."""
        print(text, file=sys.stderr, flush=True)

    def evidence(self, name):
        """A folder that outlives the run, or None if there are enough of this name."""
        with self._lock:
            for number in range(FAILURES_SHOWN):
                path = self.keep / f"{name}-{number}"
                if path not in self._kept:
                    self._kept.add(path)
                    shutil.rmtree(path, ignore_errors=True)
                    path.mkdir(mode=0o700, parents=True)
                    return path
        return None


def in_parallel(work, items, jobs):
    """Results of `work(item)` as they come, without making more items than are being worked on."""
    items = iter(items)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(work, item) for item in itertools.islice(items, jobs + 1)}
        while running:
            done, running = concurrent.futures.wait(
                running, return_when=concurrent.futures.FIRST_COMPLETED)
            for item in itertools.islice(items, len(done)):
                running.add(pool.submit(work, item))
            for future in done:
                yield future.result()


class Folders:
    """A folder for each thread that works, so that none is made for each item."""

    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.local = threading.local()
        self.numbers = itertools.count()

    def fresh_store(self, image):
        """A store folder of this thread's own that holds nothing but this data file."""
        if not hasattr(self.local, "path"):
            self.local.path = self.root / f"worker-{next(self.numbers)}"
        shutil.rmtree(self.local.path, ignore_errors=True)
        return store_of(image, self.local.path / "store")


def store_of(image, store):
    """Makes a store folder that holds nothing but this data file."""
    store.mkdir(mode=0o700, parents=True)
    path = store / "data.mdb"
    path.write_bytes(image)
    path.chmod(0o600)
    return store


class Progress:
    """A line now and then about something that takes minutes."""

    def __init__(self, surroundings, title, total):
        self.surroundings, self.title, self.total = surroundings, title, total
        self.count = 0
        self.began = self.shown = time.monotonic()

    def step(self):
        self.count += 1
        now = time.monotonic()
        if now - self.shown >= 10:
            self.shown = now
            self.surroundings.say(f"  {self.title}: {self.count} of {self.total}, "
                                  f"{self.rate:.0f} a second")

    @property
    def rate(self):
        return self.count / max(0.001, time.monotonic() - self.began)


def default_jobs():
    """Processes that work at once unless told otherwise."""
    return max(1, os.cpu_count() or 1)
