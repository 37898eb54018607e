"""Damage: no damaged store ends a process, and what is damaged is noticed.

Each mutant of a real data file is looked at by `foretwin verify` and by `foretwin twin show` of
all customers, each a fresh process; then one of the commands that copy or change a store has a go
at it, in turn. Not all damage can be noticed: bytes that are in no use, and the meta page of a
moment ago, which is a sound older state. A record whose key was changed is not found by whoever
looks for it, which only `verify` can tell from one that was never there.
"""

import collections
import itertools
import json
import pathlib
import random
from dataclasses import dataclass

from . import mutations, pages, suite

NAME = "corruption"
ABOUT = "damage a store; no damage may end a process or go unnoticed"

RECORD_FLIPS_NOTICED_MIN = 0.999
PHASES = 6


@dataclass(frozen=True)
class Sighting:
    """What became of a mutant: of each command its end, and whether the answer was another."""

    mutant: mutations.Mutant
    verified: str
    shown: str
    sentences: tuple
    other: str = ""
    other_end: str = "fine"


def build(surroundings, folder):
    """A store with some history: its data file, the metas of earlier states, the customers."""
    program = surroundings.program
    program.succeed(
        "generate-shop", "--customers", 30, "--items", 60, "--days", 40, "-o", "shop", cwd=folder)
    lines = pathlib.Path(folder, "shop/events.csv").read_text("utf-8").splitlines()
    truth = json.loads(pathlib.Path(folder, "shop/truth.json").read_text("utf-8"))
    customers = [customer["userID"] for customer in truth["customers"]]
    data = pathlib.Path(folder, "store/data.mdb")
    metas = []
    part = pathlib.Path(folder, "part.csv")
    for phase in range(PHASES):
        # Every so-manieth event: the later parts come late, so pages are freed and used again.
        part.write_text("\n".join([lines[0], *lines[1 + phase::PHASES]]) + "\n", "utf-8")
        program.succeed("ingest", part, "--batch", 150, "--json", "--store", "store", cwd=folder)
        image = data.read_bytes()
        metas.append(image[:2 * pages.read(image).page_size])
    return image, metas[:-1], customers


class Viewer:
    """Looks at mutants through the program."""

    def __init__(self, program, customers, healthy, folder):
        self.program, self.customers = program, customers
        self.folders = suite.Folders(folder)
        self.numbers = itertools.count()
        self.events = folder / "more.csv"
        lines = ["event_id,user_id,item_id,type,timestamp"]
        lines += [f"more-{n},{name},item-{n},view,2026-09-01" for n, name in enumerate(customers)]
        self.events.write_text("\n".join(lines) + "\n", "utf-8")
        self.answer = program.show(suite.store_of(healthy, folder / "healthy"), customers).out

    def look(self, mutant):
        store = self.folders.fresh_store(mutant.image)
        verified, shown = None, None
        if self.program.can_verify:
            verified = self.program.verify(store)
        shown = self.program.show(store, self.customers)
        ends = (self._end(verified), self._end(shown))
        if ends[1] == "fine" and shown.out != self.answer:
            ends = (ends[0], "other answer")
        name, other = self._other(store)
        sentences = (f"verify: {verified}", f"twin show: {shown}", f"{name}: {other}")
        return Sighting(mutant, *ends, sentences, name, self._end(other))

    def _other(self, store):
        """Lets the next of the other commands have a go at the store."""
        if not self.program.can_verify:
            return "nothing", None
        commands = {
            "backup": ["backup", store.parent / "backup.mdb", "--no-verify", "--store", store],
            "ingest": ["ingest", self.events, "--json", "--store", store, "--rejects",
                       store.parent / "rejects.txt"],
            "compact": ["compact", "--store", store]}
        name = list(commands)[next(self.numbers) % len(commands)]
        return name, self.program.run(*commands[name])

    def _end(self, result):
        if result is None:
            return "absent"
        if result.is_fatal:
            return "crash"
        if result.code == 0:
            return "fine"
        return "refusal" if result.is_refusal else "unclear refusal"


class Tally:
    """Counts what was seen, and collects what must not be."""

    def __init__(self, surroundings):
        self.surroundings = surroundings
        self.by_kind = collections.defaultdict(collections.Counter)
        self.problems = collections.defaultdict(list)
        self.record_flips = self.record_flips_noticed = 0

    def add(self, sighting):
        mutant = sighting.mutant
        use = mutant.use or "unused"
        for command, end in (("verify", sighting.verified), ("twin show", sighting.shown)):
            self.by_kind[f"{mutant.kind}, {use}"][f"{command}: {end}"] += 1
            if end == "crash":
                self._problem(f"{command} ends by no signal", sighting)
            elif end == "unclear refusal":
                self._problem(f"{command} says what is wrong in one line", sighting)
        if sighting.other:
            self.by_kind["all"][f"{sighting.other}: {sighting.other_end}"] += 1
        if sighting.other_end in ("crash", "unclear refusal"):
            self._problem("no other command ends by a signal or without a sentence", sighting)
        has_verify = sighting.verified != "absent"
        is_noticed = (sighting.verified if has_verify else sighting.shown) == "refusal"
        if mutant.use in (pages.KEY, pages.RECORD):
            self.record_flips += 1
            self.record_flips_noticed += is_noticed
            if not is_noticed:
                self._problem("", sighting)
        if mutant.use == pages.RECORD and sighting.shown == "other answer":
            self._problem("no damaged record is given out as an answer", sighting)
        if mutant.kind == "truncation" and mutant.use and not is_noticed:
            self._problem("every truncation is noticed", sighting)
        if mutant.kind in ("zeroed page", "swapped pages") and mutant.use and not is_noticed:
            self._problem("every zeroed or swapped page in use is noticed", sighting)
        if sighting.verified == "fine" and sighting.shown == "other answer" \
                and mutant.kind != "old meta":
            self._problem("verify notices whatever changes an answer", sighting)

    def _problem(self, check, sighting):
        mutant = sighting.mutant
        sentence = f"{mutant.kind} ({mutant.where}, {mutant.use}): {'; '.join(sighting.sentences)}"
        name = f"{NAME} {check or 'unnoticed record'}".replace(" ", "-")
        folder = self.surroundings.evidence(name)
        if folder is not None:
            suite.store_of(mutant.image, folder / "store")
            sentence += f" (kept: {folder}/store)"
        self.problems[check].append(sentence)

    def report(self, outcome):
        """Puts checks and figures into the outcome."""
        for check in (
                "verify ends by no signal", "twin show ends by no signal",
                "verify says what is wrong in one line", "twin show says what is wrong in one line",
                "every truncation is noticed", "every zeroed or swapped page in use is noticed",
                "no damaged record is given out as an answer",
                "no other command ends by a signal or without a sentence",
                "verify notices whatever changes an answer"):
            outcome.check(check, self.problems[check])
        share = self.record_flips_noticed / max(1, self.record_flips)
        outcome.figures["record_flips"] = self.record_flips
        outcome.figures["record_flips_noticed_share"] = round(share, 5)
        missed = [f"only {share:.2%} are", *self.problems[""]]
        outcome.check(
            f"of changes to records, {RECORD_FLIPS_NOTICED_MIN:.1%} are noticed",
            [] if share >= RECORD_FLIPS_NOTICED_MIN else missed)
        for kind, counts in sorted(self.by_kind.items()):
            outcome.figures[kind] = dict(sorted(counts.items()))


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    program = surroundings.program
    outcome.check(
        "the program has 'foretwin verify'", "" if program.can_verify else "it has not")
    folder = surroundings.folder(NAME)
    image, older_metas, customers = build(surroundings, folder)
    viewer = Viewer(program, customers, image, folder)
    mutator = mutations.Mutator(image, older_metas, random.Random(f"{surroundings.seed}:damage"))
    layout = mutator.layout
    count = surroundings.size(250, 10_000)
    progress = suite.Progress(surroundings, NAME, count)
    tally = Tally(surroundings)
    mutants = (mutator.mutant() for _ in range(count))
    for sighting in suite.in_parallel(viewer.look, mutants, surroundings.jobs):
        progress.step()
        tally.add(sighting)
    outcome.figures["file_bytes"] = len(image)
    outcome.figures["pages_used"] = f"{len(layout.pages)} of {mutator.page_count}"
    outcome.figures["mutants"] = count
    outcome.figures["mutants_per_second"] = round(progress.rate, 1)
    tally.report(outcome)
    return outcome
