"""Durable ingest: events into twins, beside LMDB in C, SQLite, Kùzu and Ladybug."""

import json
import sys
import time

from programs import HERE, BenchError, compile_c, run, run_json, say
from report import row

# The table that every batch of events writes to.
LOG_TABLE = "journal"
BATCH = 1000

GOAL_LMDB = 0.7
GOAL_PEERS = 5.0

# What each peer may choose its best batch from. Kùzu's and Ladybug's time for a statement grows
# faster than its rows, so 100,000 would take hours.
SQLITE_BATCHES = (1_000, 10_000, 100_000)
GRAPH_BATCHES = (1_000, 5_000)
ENGINES = {"kuzu": "Kùzu", "ladybug": "Ladybug"}


class Ingest:
    """The programs, folders and events that the ingest rows share."""

    def __init__(self, options, scratch, binaries):
        self.options = options
        self.scratch = scratch
        self.recorder = compile_c("recorder", binaries, "-shared", "-fPIC", "-ldl", "-lpthread")
        self.replay_program = compile_c("replay", binaries, "-llmdb")
        self.tables_program = compile_c("tables", binaries, "-llmdb")
        self.trace = scratch.path / "trace.bin"
        self.events = scratch.path / "events.csv"
        self.upserts = scratch.path / "upserts.jsonl"
        self.half_life_ms = None

    def foretwin(self, store, *more, environment=None):
        """Runs `foretwin-bench graph … ingest`; returns what it prints."""
        result = run_json(
            [self.options.bench, "graph", "--store", store, "--customers",
             self.options.customers, "--events", self.options.events, "--seed", self.options.seed,
             "ingest", *more], environment)
        if result["events"] != self.options.events:
            raise BenchError(f"{result['events']} events instead of {self.options.events}")
        return result

    def prepare(self):
        """Writes the events and the peers' upserts, and records what Foretwin writes."""
        say(f"{self.options.events:,} events of {self.options.customers:,} customers")
        written = self.foretwin(self.scratch.new_store("written"), "--write-events", self.events,
                                "--write-upserts", self.upserts)
        self.half_life_ms = written["half_life_ms"]
        store = self.scratch.new_store("recorded")
        result = self.foretwin(store, environment={
            "LD_PRELOAD": str(self.recorder), "FORETWIN_TRACE": str(self.trace)})
        if not self.trace.exists():
            raise BenchError("nothing was recorded; is foretwin linked with LMDB's shared library?")
        copy = self.scratch.fresh("replayed")
        replayed = run_json([self.replay_program, self.trace, copy, "--timed", LOG_TABLE])
        if replayed["transactions"] != result["batches"]:
            raise BenchError(f"{replayed['transactions']} transactions were recorded for "
                             f"{result['batches']} batches")
        entries = [{table["name"]: table["entries"] for table in run_json(
            [self.tables_program, folder])["tables"] if table["name"] != "(free)"}
            for folder in (store, copy)]
        if entries[0] != entries[1]:
            raise BenchError(f"the replay wrote {entries[1]}, Foretwin {entries[0]}")
        return writes_per_event(replayed, self.options.events)

    def ours(self):
        """Events a second, already parsed, from the first batch to the last acknowledgement."""
        result = self.foretwin(self.scratch.new_store("ours"))
        return result["events"] / result["seconds"]

    def ours_with_parsing(self):
        """Events a second of `foretwin ingest`, the whole process from start to exit."""
        store = self.scratch.new_store("parsed")
        started = time.perf_counter()
        result = run_json_lines([self.options.program, "ingest", self.events, "--store", store,
                                 "--batch", BATCH, "--json"])
        elapsed = time.perf_counter() - started
        if result["added"] != self.options.events:
            raise BenchError(f"{result['added']} of {self.options.events} events were ingested")
        return self.options.events / elapsed

    def lmdb(self):
        """Events a second of the C program that writes the same to LMDB."""
        result = run_json([self.replay_program, self.trace, self.scratch.fresh("lmdb"), "--timed",
                           LOG_TABLE])
        return self.options.events / result["seconds"]

    def sqlite(self, batch):
        """Events a second of SQLite."""
        return rate(run_json(
            [sys.executable, HERE / "sqlite_peer.py", "--upserts", self.upserts, "--folder",
             self.scratch.fresh("sqlite"), "--batch", batch, "--half-life-ms",
             self.half_life_ms]))

    def graph(self, engine, batch, seconds):
        """Events a second of Kùzu or Ladybug in its first seconds, while its store is small."""
        return rate(run_json(
            [sys.executable, HERE / "graph_peer.py", engine, "ingest", "--upserts", self.upserts,
             "--folder", self.scratch.fresh(engine), "--batch", batch, "--half-life-ms",
             self.half_life_ms, "--seconds", seconds, "--events", 20_000],
            timeout=20 * seconds + 60))


def run_json_lines(command):
    """What a program prints, which is one JSON object over several lines."""
    text = run(command)
    return json.loads(text[text.index("{"):])


def rate(result):
    """Events a second of a peer's result."""
    return result["events"] / result["seconds"]


def writes_per_event(replayed, events):
    """What is written for an event, by table, for people to read."""
    parts = []
    for table in replayed["tables"]:
        if table["puts"]:
            parts.append(f"{table['name']} {table['puts'] / events:.2f}")
    return "writes an event: " + ", ".join(parts)


def best_batch(name, sizes, measure):
    """The batch size with the highest rate."""
    rates = {}
    for size in sizes:
        try:
            rates[size] = measure(size)
        except BenchError as error:
            say(f"{name} in batches of {size:,}: {error}")
            continue
        say(f"{name} in batches of {size:,}: {rates[size]:,.0f} events/s")
    if not rates:
        raise BenchError(f"{name} could do no batch size")
    return max(rates, key=rates.get)


def measure(options, scratch, binaries):
    """The rows, after runs that took turns."""
    work = Ingest(options, scratch, binaries)
    say(work.prepare())
    seconds = 3 if options.quick else 10
    sqlite_sizes = [size for size in SQLITE_BATCHES if size <= options.events]
    graph_sizes = GRAPH_BATCHES[:1] if options.quick else GRAPH_BATCHES
    peers = {"ours": work.ours, "parsing": work.ours_with_parsing, "lmdb": work.lmdb,
             "sqlite 1000": lambda: work.sqlite(BATCH)}
    names = {}
    best = best_batch("SQLite", sqlite_sizes, work.sqlite)
    names["sqlite"] = f"SQLite, batches of {best:,}"
    peers["sqlite"] = lambda: work.sqlite(best)
    for engine, label in ENGINES.items():
        size = best_batch(label, graph_sizes, lambda n, e=engine: work.graph(e, n, seconds))
        names[engine] = f"{label}, batches of {size:,}"
        peers[engine] = lambda e=engine, n=size: work.graph(e, n, seconds)
    rates = {name: [] for name in peers}
    for repetition in range(options.repetitions):
        say(f"ingest, round {repetition + 1} of {options.repetitions}")
        for name, run_peer in peers.items():
            rates[name].append(run_peer())
    ours, title, unit = rates["ours"], f"durable ingest, batches of {BATCH:,}", "events/s"
    rows = [
        row(title, unit, ours, rates["lmdb"], "same writes to LMDB in C", GOAL_LMDB),
        row("the same, parsing a CSV file", unit, rates["parsing"], rates["lmdb"],
            "same writes to LMDB in C"),
        row(title, unit, ours, rates["sqlite"], names["sqlite"], GOAL_PEERS),
        row(title, unit, ours, rates["sqlite 1000"], f"SQLite, batches of {BATCH:,}"),
    ]
    for engine in ENGINES:
        rows.append(row(title, unit, ours, rates[engine], names[engine], GOAL_PEERS))
    return rows
