"""Faults: whatever call to the system fails, or ends the program, nothing acknowledged is lost.

Every command that writes is run with its first write failing, then its second, and so on to its
last; the same with syncs, file sizes, maps, names and new files (see faults.c). Afterwards the
store must be sound and be what it was before or what the command makes of it, and the command must
work when it is run again. This stands in for failpoints in the code: every step that leaves a trace
on the disk is one.
"""

import errno
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
from dataclasses import dataclass

from . import program as foretwin, suite, workload as work

NAME = "faults"
ABOUT = "let each write, sync, map and rename of a command fail in turn, or end the program there"

SOURCE = pathlib.Path(__file__).with_name("faults.c")
FIXTURES = pathlib.Path(__file__).resolve().parents[3] / "Tests/StoreAdminTests/Fixtures"
# The order of faults.c.
KINDS = ("write", "sync", "truncate", "map", "name", "open")
ENDED = 199
# How calls of each kind fail: with these numbers, and 0 for a program that ends there.
WAYS = {
    "write": (errno.EIO, errno.ENOSPC, 0), "sync": (errno.EIO, errno.ENOSPC, 0),
    "truncate": (errno.EIO, errno.ENOSPC, 0), "map": (errno.ENOMEM, 0),
    "name": (errno.EIO, 0), "open": (errno.ENOSPC, errno.EMFILE, 0)}
# What a command may end with when a call failed: wrong, the disk failed.
CODES = (1, 74)
BATCH = 10


@dataclass(frozen=True)
class Fault:
    """One call that fails, and perhaps all after it; the program ends there if `number` is 0."""

    kind: str
    at: int
    number: int
    is_sticky: bool = False

    def environment(self, library, counts, under):
        return {
            "LD_PRELOAD": str(library), "FORETWIN_FAULT_COUNTS": str(counts),
            "FORETWIN_FAULT_UNDER": str(under), "FORETWIN_FAULT_KIND": KINDS.index(self.kind),
            "FORETWIN_FAULT_AT": self.at, "FORETWIN_FAULT_ERRNO": self.number,
            "FORETWIN_FAULT_STICKY": int(self.is_sticky), "TMPDIR": f"{under}/tmp"}

    def __str__(self):
        how = errno.errorcode[self.number] if self.number else "the end of the program"
        return f"{self.kind} {self.at}: {how}{', and all after it' if self.is_sticky else ''}"


NO_FAULT = Fault("write", 0, errno.EIO)


@dataclass(frozen=True)
class Command:
    """A command that writes, and what it works on."""

    name: str
    arguments: tuple
    # Makes what is there before, in a folder.
    prepare: object
    # Files that may be left in the way of a second run when the first got as far as making them.
    made: tuple = ()
    # Whether parts of what it does may stay, in whole batches.
    is_in_batches: bool = False
    # Customers of the store, if they are not the workload's.
    customers: tuple = ()
    # Whether it runs without a key in its environment, so that the key is in a file.
    makes_keys: bool = False

    def words(self, folder):
        return [word.replace("DIR", str(folder)) for word in self.arguments]


def commands(surroundings):
    """All commands, as far as this build has them; half of them work with a key file."""
    given, making = surroundings.program, surroundings.program.making_keys()
    workload = work.Workload(clients=1, batches=6, batch_size=BATCH, seed=surroundings.seed)

    def events(path, numbers):
        path.write_bytes(b"".join(workload.batch(0, number) for number in numbers))

    def nothing(folder):
        events(folder / "events.jsonl", range(workload.batches))

    def store(folder, program=given):
        events(folder / "first.jsonl", range(3))
        events(folder / "events.jsonl", range(workload.batches))
        program.succeed("ingest", folder / "first.jsonl", "--store", folder / "store", cwd=folder)
        (folder / "first.jsonl").unlink()

    def store_with_key_file(folder):
        store(folder, making)

    def backup(folder, program=making):
        store(folder, program)
        program.succeed("backup", folder / "old.mdb", "--store", folder / "store")
        program.succeed("ingest", folder / "events.jsonl", "--store", folder / "store", cwd=folder)

    def calendar(folder):
        store(folder, making)
        (folder / "days.ics").write_text(
            "BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:may\nDTSTART:20260501\nRRULE:FREQ=YEARLY\n"
            "END:VEVENT\nEND:VCALENDAR\n", encoding="utf-8")

    def graph(folder):
        store(folder)
        given.succeed(
            "graph", "export", folder / "graph.jsonl", "--store", folder / "store", "--twin",
            workload.all_customers[0])

    def old(folder):
        nothing(folder)
        (folder / "store").mkdir(mode=0o700)
        shutil.copy(FIXTURES / "format-1/data", folder / "store/data.mdb")

    at = ("--store", "DIR/store")
    ingest = ("ingest", "DIR/events.jsonl", "--batch", str(BATCH), "--rejects", "DIR/rejects", *at)
    listed = [
        Command("ingest", ingest, store, is_in_batches=True),
        Command("first ingest", ingest, nothing, is_in_batches=True, makes_keys=True),
        Command("twin erase", (
            "twin", "erase", workload.all_customers[1], "--yes", *at), store_with_key_file,
            makes_keys=True),
        Command("twin consent", (
            "twin", "consent", workload.all_customers[1], "--allow", "events", *at), store),
        Command("context add", ("context", "add", "DIR/days.ics", *at), calendar,
                makes_keys=True),
        Command("train", (
            "train", "--epochs", "1", "--width", "8", "--threads", "1", "--models", "DIR/models",
            *at), store)]
    if given.can_verify:
        listed += [
            Command("backup", ("backup", "DIR/backup.mdb", *at), store_with_key_file,
                    ("backup.mdb", "backup.mdb.key"), makes_keys=True),
            Command("compact", ("compact", *at), store),
            Command("restore", ("restore", "DIR/old.mdb", "--replace", *at), backup,
                    ("store.before-restore",), makes_keys=True),
            Command("graph import", ("graph", "import", "DIR/graph.jsonl", "--into", "DIR/plain"),
                    graph, ("plain",)),
            Command("migrate", ("migrate", *at), old, ("store.format-1",),
                    customers=("anna", "Zoë", "日本"))]
    return workload, listed


class Bench:
    """One command, and the runs of it."""

    def __init__(self, surroundings, library, workload, command):
        program = surroundings.program
        self.program = program.making_keys() if command.makes_keys else program
        self.library, self.command = library, command
        self.customers = command.customers or workload.all_customers
        self.root = surroundings.folder(f"{NAME}/{command.name.replace(' ', '-')}")
        self.template = self.root / "template"
        self.template.mkdir()
        command.prepare(self.template)
        self.before = self.state(self.template)
        clean = self.fresh("clean")
        result, counts = self.run(clean, NO_FAULT)
        if result.code != 0:
            raise RuntimeError(f"{command.name} without a fault: {result}")
        self.counts = dict(zip(KINDS, counts))
        self.after = self.state(clean)
        self.names = names(clean)
        shutil.rmtree(clean)

    def fresh(self, name):
        folder = self.root / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.template, folder)
        (folder / "tmp").mkdir()
        return folder

    def state(self, folder):
        """What the store says of its customers and their days; empty if there is none."""
        shown = self.program.show(folder / "store", self.customers)
        if "There is no store" in shown.err or "not a store" in shown.err:
            return ""
        if "foretwin migrate" in shown.err:
            return "old"
        if shown.code != 0:
            return f"{shown}"
        feeds = self.program.run("context", "show", "--json", "--store", folder / "store")
        known = feeds.out if feeds.code == 0 else f"{feeds}"
        return json.dumps([*foretwin.twins(shown.out), (0, known)])

    def run(self, folder, fault):
        """Runs the command with a fault; returns how it ended, and the counters."""
        counts = folder / "tmp/counts"
        counts.write_bytes(bytes(8 * (len(KINDS) + 1)))
        result = self.program.run(
            *self.command.words(folder), cwd=folder,
            env={name: str(value) for name, value in
                 fault.environment(self.library, counts, folder).items()})
        return result, counters(counts)

    def judge(self, fault, folder):
        """What is wrong with what becomes of a fault, or None; and how often it struck."""
        result, counts = self.run(folder, fault)
        struck = counts[len(KINDS)]
        problem = (
            self.judge_end(result, fault) or self._store(folder, result) or self._again(folder))
        return problem, struck

    def judge_end(self, result, fault):
        """What is wrong with how a command ended, or None."""
        if fault.number == 0 and result.code == ENDED:
            return None
        if result.code == 0:
            return None
        if not result.is_refusal:
            return f"the command {result}"
        # A helper process that ended tells no more than that.
        allowed = (*CODES, 65) if fault.number == 0 else CODES
        return None if result.code in allowed else f"the command ended with {result}"

    def _store(self, folder, result):
        state = self.state(folder)
        wanted = (self.after,) if result.code == 0 else (self.before, self.after)
        if state not in wanted and not (
                result.code != 0 and self.command.is_in_batches and self.is_between(state)):
            return f"the store is another ({state[:200]}) after {result}"
        if state in ("", "old"):
            return None
        verified = self.program.verify(folder / "store") if self.program.can_verify else None
        return f"verify: {verified}" if verified and verified.code != 0 else None

    def is_between(self, state):
        """Whether a store has what it had before and some batches more."""
        if not state and self.before:
            return False
        try:
            count = sum(number for number, _ in json.loads(state)) if state else 0
        except ValueError:
            return False
        before = sum(number for number, _ in json.loads(self.before)) if self.before else 0
        return count >= before and (count - before) % BATCH == 0

    def _again(self, folder):
        """Runs the command once more, without a fault."""
        again = self.program.run(*self.command.words(folder), cwd=folder)
        if again.code != 0:
            # A command that got as far as making these does not make them twice.
            made = [folder / name for name in self.command.made if (folder / name).exists()]
            if not made or not again.is_refusal:
                return f"the second run: {again}"
            for path in made:
                if path.suffix == ".mdb":
                    verified = self.program.verify(path)
                    if verified.code != 0:
                        return f"what the first run made: {verified}"
        if self.state(folder) != self.after:
            return f"after the second run the store is another: {self.state(folder)[:200]}"
        left = names(folder)
        return None if left == self.names else f"{left} is there and not {self.names}"


def counters(path):
    """How many calls of each kind there were, and last how many of them failed."""
    return struct.unpack(f"={len(KINDS) + 1}Q", path.read_bytes())


def names(folder):
    """All files and folders but those that change by chance."""
    ignored = {"tmp", "rejects", "lock.mdb", "writer.lock"}
    found = []
    for path, folders, files in os.walk(folder):
        # A model that was published before something else failed stays; the next has a number more.
        folders[:] = [name for name in folders
                      if name not in ignored and not re.fullmatch(r"v\d{4}", name)]
        inside = pathlib.Path(path).relative_to(folder)
        found += [str(inside / name) for name in (*folders, *files) if name not in ignored]
    return sorted(found)


def all_faults(counts):
    """Every call of every kind failing in every way, once and for good."""
    for kind in KINDS:
        for at in range(1, counts[kind] + 1):
            for number in WAYS[kind]:
                yield Fault(kind, at, number)
                if number:
                    yield Fault(kind, at, number, is_sticky=True)


def sample(faults, count, seed):
    """Some faults of every kind, in order; all if there are no more."""
    faults = list(faults)
    if len(faults) <= count:
        return faults
    chance = random.Random(seed)
    by_kind = [[fault for fault in faults if fault.kind == kind] for kind in KINDS]
    chosen = set()
    while len(chosen) < count:
        for group in by_kind:
            if group and len(chosen) < count:
                chosen.add(chance.choice(group))
    return [fault for fault in faults if fault in chosen]


def build_library(folder):
    """Compiles faults.c and returns the library's path."""
    library = pathlib.Path(folder, "faults.so")
    subprocess.run(
        [os.environ.get("CC", "cc"), "-std=gnu11", "-O2", "-shared", "-fPIC", "-o", library,
         SOURCE, "-ldl"], check=True)
    return library


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    library = build_library(surroundings.folder(f"{NAME}/library"))
    workload, listed = commands(surroundings)
    struck_by_kind = dict.fromkeys(KINDS, 0)
    for command in listed:
        bench = Bench(surroundings, library, workload, command)
        faults = sample(
            all_faults(bench.counts), surroundings.size(14, 10_000),
            f"{surroundings.seed}:{command.name}")
        struck = 0
        numbered = list(enumerate(faults))
        progress = suite.Progress(surroundings, command.name, len(faults))
        problems = []

        def judge(item, bench=bench):
            number, fault = item
            folder = bench.fresh(f"run-{number}")
            problem, times = bench.judge(fault, folder)
            shutil.rmtree(folder, ignore_errors=True)
            return fault, problem, times

        for fault, problem, times in suite.in_parallel(judge, numbered, surroundings.jobs):
            progress.step()
            struck += times > 0
            struck_by_kind[fault.kind] += times > 0
            if problem:
                problems.append(f"{fault}: {problem}")
        outcome.figures[f"{command.name.replace(' ', '_')}_faults"] = struck
        outcome.check(f"{command.name}: it fails with a sentence, harms nothing, and works again",
                      problems)
        outcome.check(f"{command.name}: faults strike", "" if (
            struck >= len(faults) / 2) else f"{struck} of {len(faults)}")
        shutil.rmtree(bench.root, ignore_errors=True)
    for kind in KINDS:
        outcome.check(f"calls of the kind '{kind}' failed",
                      "" if struck_by_kind[kind] else "none did")
    _server(surroundings, outcome, library, workload)
    return outcome


def _server(surroundings, outcome, library, workload):
    """A server whose disk fails: it stops storing and says so, and goes on reading."""
    program = surroundings.program
    root = surroundings.folder(f"{NAME}/server")
    idle = _serve(program, library, root / "idle", NO_FAULT, workload)
    for kind in ("sync", "write"):
        for step in range(1, surroundings.size(2, 6) + 1):
            fault = Fault(kind, idle[KINDS.index(kind)] + step, errno.EIO)
            name = f"server: a disk that fails once ({kind}) is not written to again"
            folder = root / f"{kind}-{step}"
            problem = _serve(program, library, folder, fault, workload)
            outcome.check(name, f"{fault}: {problem}" if problem else "")


def _reading(server, workload, stored):
    """What is wrong with what a server says of its twins when its disk has failed, or nothing.

    It may refuse: if the head of the file could not be written, LMDB does not read any more either.
    """
    counted = 0
    for customer in workload.all_customers:
        status, _, text = server.request("GET", f"/v1/twins/{customer}")
        if status == 503 and "store-failed" in text:
            return ""
        if status != 200:
            return f"asked for a twin, it says {status} {text}"
        counted += json.loads(text)["event_count"]
    if counted != stored * workload.batch_size:
        return f"{counted} events can be read, and {stored} batches were acknowledged"
    return ""


def _serve(program, library, folder, fault, workload):
    """Posts to a server until its disk fails; returns what is wrong, or the counters of a server
    that nothing was posted to."""
    (folder / "tmp").mkdir(parents=True)
    counts = folder / "tmp/counts"
    counts.write_bytes(bytes(8 * (len(KINDS) + 1)))
    environment = {name: str(value) for name, value in
                   fault.environment(library, counts, folder).items()}
    stored = 0
    with foretwin.Server(program, folder / "store", folder, env=environment) as server:
        if fault.at == 0:
            return counters(counts)
        status, text = 200, ""
        while status == 200 and stored < workload.batches:
            status, _, text = server.request("POST", "/v1/events", workload.batch(0, stored))
            stored += status == 200
        if status != 503 or "store-failed" not in text:
            return f"the answer is {status} {text}"
        status, _, text = server.request("POST", "/v1/events", workload.batch(0, stored))
        if status != 503 or "store-failed" not in text:
            return f"afterwards the answer is {status} {text}"
        status, _, text = server.request("GET", "/readyz")
        if status != 503 or "store-failed" not in text:
            return f"readyz says {status} {text}"
        problem = _reading(server, workload, stored)
        if problem:
            return problem
        code = server.stop()
        if code != 0:
            return f"it ends with code {code}"
    shown = program.show(folder / "store", workload.all_customers)
    counted = foretwin.event_count(shown.out) if shown.code == 0 else -1
    if counted != stored * workload.batch_size:
        return f"a new process reads {counted} events of {stored} batches: {shown}"
    path = folder / "events.jsonl"
    path.write_bytes(b"".join(workload.batch(0, number) for number in range(workload.batches)))
    again = program.run("ingest", path, "--json", "--store", folder / "store", cwd=folder)
    return "" if again.code == 0 else f"ingesting afterwards: {again}"
