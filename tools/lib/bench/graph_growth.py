"""How ingest and the store grow: rate by million events, and what an event's bytes are made of."""

from programs import BenchError, compile_c, run_json, say
from report import number, row

SEGMENT = 1_000_000


def segments(total, size=SEGMENT):
    """The parts of `total` events as (first, count)."""
    return [(first, min(size, total - first)) for first in range(0, total, size)]


def composition(tables, events):
    """Bytes an event by table, the greatest first."""
    parts = {table["name"]: table["bytes"] / events for table in tables if table["bytes"]}
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def measure(options, scratch, binaries):
    """The rows, and the curve: one point a million events."""
    program = compile_c("tables", binaries, "-llmdb")
    store = scratch.new_store("growth")
    curve = []
    for first, count in segments(options.events):
        result = run_json(
            [options.program, "bench", "graph", "--store", store, "--customers",
             options.customers, "--events", count, "--first", first, "--seed", options.seed,
             "ingest"])
        if result["events"] != count:
            raise BenchError(f"{result['events']} events instead of {count}")
        stored = run_json([program, store])
        events = first + count
        curve.append({
            "events": events, "events_per_second": count / result["seconds"],
            "file_bytes": stored["file_bytes"],
            "bytes_per_event": composition(stored["tables"], events)})
        parts = ", ".join(f"{name} {number(value)}"
                          for name, value in curve[-1]["bytes_per_event"].items())
        say(f"{events:,} events: {curve[-1]['events_per_second']:,.0f} events/s, "
            f"{stored['file_bytes'] / events:.0f} bytes an event ({parts})")
    start, end = curve[0], curve[-1]
    before = max(0, end["events"] - SEGMENT)
    rows = [
        row(f"ingest from {before:,} to {end['events']:,} events", "events/s",
            [end["events_per_second"]], [start["events_per_second"]], "its own first million"),
        row(f"store of {end['events']:,} events", "bytes/event",
            [end["file_bytes"] / end["events"]], [start["file_bytes"] / start["events"]],
            "its own first million"),
    ]
    return rows, curve
