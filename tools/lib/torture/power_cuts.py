"""Power cuts: whatever was acknowledged is there, and batches are there whole or not at all.

A server and an ingest are recorded once, then the power is cut at many moments of the recording
(see replay.py), and each time a fresh process reads what is left. The same with recordings of a
program that waits for nothing must fail, or the suite would prove nothing.
"""

import collections
import json
import pathlib
import random
import shutil
import time
from dataclasses import dataclass

from . import program as foretwin, recording as recordings, replay, suite, workload as work

NAME = "power-cuts"
ABOUT = "cut the power at random moments of a recorded run; nothing acknowledged may be lost"

# The shares of cuts that must fail when barriers are left out.
NO_SYNC_FAILURES_MIN = 0.95
NO_META_SYNC_FAILURES_MIN = 0.20
# One cut in so many is also ingested again, as after a real accident.
AGAIN_EVERY = 10


@dataclass(frozen=True)
class Cut:
    """A power cut: when, which chances, and what it left."""

    position: int
    chance: str
    image: bytes | None
    is_ingested_again: bool


class Checker:
    """Judges what is left after a cut."""

    def __init__(self, program, recording, states, scratch):
        self.program, self.recording, self.states = program, recording, states
        self.folders = suite.Folders(scratch)
        self.everything = pathlib.Path(scratch, "everything.jsonl")
        workload = recording.workload
        self.everything.write_bytes(b"".join(
            workload.batch(client, number)
            for number in range(workload.batches) for client in range(workload.clients)))

    def judge(self, cut):
        """What is wrong with the store after a cut, as (kind, sentence), or None."""
        acknowledged = self.recording.acknowledged(cut.position)
        if cut.image is None:
            return ("lost", "the store is not there") if any(acknowledged) else None
        store = self.folders.fresh_store(cut.image)
        customers = self.recording.workload.all_customers
        shown = self.program.show(store, customers)
        if not any(acknowledged) and shown.is_refusal and "There is no store" in shown.error:
            # Cut before its making was complete. It heals, or the next ingest could not begin.
            return self._ingest_again(store, customers)
        problem = self._failure(shown) or self._compare(shown.out, acknowledged)
        if problem is None and self.program.can_verify:
            verified = self.program.verify(store)
            problem = None if verified.code == 0 else ("verify", f"verify: {verified}")
        if problem is None and cut.is_ingested_again:
            problem = self._ingest_again(store, customers)
        return problem

    def _failure(self, result):
        if result.code == 0 and not result.is_fatal:
            return None
        return ("crash" if result.is_fatal else "unopenable", f"twin show: {result}")

    def _compare(self, shown, acknowledged):
        workload = self.recording.workload
        twins = dict(zip(workload.all_customers, foretwin.twins(shown)))
        for client, least in enumerate(acknowledged):
            known = set()
            for customer in workload.customers(client):
                states = self.states[customer]
                counts = [count for count, _ in states]
                count, twin = twins[customer]
                if count not in counts:
                    return ("half", f"{customer} has {count} events, which no number of batches "
                                    "makes: a batch was applied in part")
                number = counts.index(count)
                known.add(number)
                if twin != states[number][1]:
                    return ("twin", f"{customer} after {number} batches is not the twin that these "
                                    f"events make: {difference(twin, states[number][1])}")
            if len(known) > 1:
                return ("half", f"customers of client {client} have different numbers of batches: "
                                f"{sorted(known)}")
            # A batch that was not acknowledged may be there: one in flight at the server, any at
            # an ingest that has not reported yet.
            most = least + 1 if self.recording.ports else workload.batches
            if not least <= min(known) <= most:
                return ("lost", f"client {client} has {min(known)} batches; {least} were "
                                "acknowledged")
        return None

    def _ingest_again(self, store, customers):
        again = self.program.run(
            "ingest", self.everything, "--json", "--store", store, cwd=store.parent)
        shown = self.program.show(store, customers)
        problem = self._failure(again) or self._failure(shown)
        if problem:
            return problem
        expected = [self.states[customer][-1] for customer in customers]
        if json.loads(again.out)["rejected_by_reason"] or foretwin.twins(shown.out) != expected:
            return ("again", f"ingesting everything again does not heal: {again.out}")
        return None


def difference(one, other):
    """Where two texts part, in few words."""
    place = next((n for n, (a, b) in enumerate(zip(one, other)) if a != b),
                 min(len(one), len(other)))
    start = max(0, place - 40)
    return f"…{one[start:place + 40]}… instead of …{other[start:place + 40]}…"


def make_cuts(recording, count, seed, begin=0):
    """Cuts in the order of their moments: each of the earliest ones, and others at random."""
    records = recording.records
    chance = random.Random(f"{seed}:positions")
    early = range(begin, min(begin + count // 10, len(records) + 1)) if begin == 0 else []
    positions = list(early) + [
        chance.randint(begin, len(records)) for _ in range(count - len(early))]
    disk = replay.Disk(records)
    for number, position in enumerate(sorted(positions)):
        disk.advance(position)
        text = f"{seed}:{number}:{position}"
        yield Cut(position, text, disk.cut(random.Random(text)), number % AGAIN_EVERY == 0)


def run_cuts(surroundings, title, recording, states, count, begin=0):
    """Makes cuts and judges them; returns the kinds of failures with their sentences."""
    scratch = surroundings.folder(f"cuts-{title}")
    checker = Checker(surroundings.program, recording, states, scratch)
    progress = suite.Progress(surroundings, title, count)
    failures = collections.defaultdict(list)
    cuts = make_cuts(recording, count, surroundings.seed, begin)
    judged = suite.in_parallel(lambda cut: (cut, checker.judge(cut)), cuts, surroundings.jobs)
    for cut, problem in judged:
        progress.step()
        if problem:
            failures[problem[0]].append((cut, problem[1]))
    rate = progress.rate
    shutil.rmtree(scratch)
    return failures, rate


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    program = surroundings.program
    folder = surroundings.folder(NAME)
    shim = recordings.build_shim(folder)
    batches = surroundings.size(30, 60)
    workload = work.Workload(clients=3, batches=batches, batch_size=24, seed=surroundings.seed)
    began = time.monotonic()
    states = work.reference(program, workload, surroundings.folder(f"{NAME}/reference"))
    outcome.figures["reference_seconds"] = round(time.monotonic() - began, 1)
    single = work.Workload(1, batches, workload.batch_size, surroundings.seed)
    honest = {
        "server": recordings.record_server(
            program, workload, shim, surroundings.folder(f"{NAME}/server")),
        "ingest": recordings.record_ingest(
            program, single, shim, surroundings.folder(f"{NAME}/ingest")),
    }
    counts = {"server": surroundings.size(350, 7000), "ingest": surroundings.size(150, 3000)}
    for title, recording in honest.items():
        failures, rate = run_cuts(surroundings, title, recording, states, counts[title])
        outcome.figures[title] = _figures(recording, failures, counts[title], rate)
        outcome.check(f"{title}: nothing lost, nothing half-applied", [
            _keep(surroundings, recording, cut, sentence)
            for cut, sentence in sum(failures.values(), [])])
    for title, drop, least in [
            ("canary without barriers", recordings.NO_SYNC, NO_SYNC_FAILURES_MIN),
            ("canary without meta barriers", recordings.NO_META_SYNC, NO_META_SYNC_FAILURES_MIN)]:
        recording = recordings.record_server(
            program, workload, shim, surroundings.folder(f"{NAME}/{title}"), drop)
        # Enough that chance does not take a quarter of failures below what is asked.
        count = surroundings.size(300, 500)
        failures, rate = run_cuts(
            surroundings, title, recording, states, count, recording.first_acknowledgement())
        figures = _figures(recording, failures, count, rate)
        outcome.figures[title] = figures
        outcome.check(f"{title}: fails in {least:.0%} of cuts or more", [] if (
            figures["failed_share"] >= least) else f"only {figures['failed_share']:.1%} fail")
    return outcome


def _figures(recording, failures, count, rate):
    kinds = {kind: len(found) for kind, found in sorted(failures.items())}
    return {
        "records": len(recording.records), "log_bytes": recording.log.stat().st_size,
        "cuts": count, "failed": kinds, "failed_share": round(sum(kinds.values()) / count, 4),
        "cuts_per_second": round(rate, 1)}


def _keep(surroundings, recording, cut, sentence):
    """Keeps what is needed to look at a failure again, and says how."""
    folder = surroundings.evidence(NAME)
    if folder is None:
        return sentence
    shutil.copy(recording.log, folder / "log")
    description = {
        **recording.describe(), "position": cut.position, "chance": cut.chance, "said": sentence}
    (folder / "cut.json").write_text(json.dumps(description, indent=2), encoding="utf-8")
    if cut.image is not None:
        suite.store_of(cut.image, folder / "store")
    return f"{sentence} (again: tools/torture {NAME} --replay {folder})"


def replay_kept(surroundings, folder):
    """Makes and judges a kept cut again."""
    outcome = suite.Outcome(NAME)
    description = json.loads(pathlib.Path(folder, "cut.json").read_text(encoding="utf-8"))
    recording = recordings.restore(pathlib.Path(folder, "log"), description)
    states = work.reference(
        surroundings.program, recording.workload, surroundings.folder("reference"))
    disk = replay.Disk(recording.records)
    disk.advance(description["position"])
    cut = Cut(description["position"], description["chance"],
              disk.cut(random.Random(description["chance"])), True)
    checker = Checker(
        surroundings.program, recording, states, surroundings.folder("replay"))
    problem = checker.judge(cut)
    outcome.check("the cut", problem[1] if problem else [])
    return outcome
