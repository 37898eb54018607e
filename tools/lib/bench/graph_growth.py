"""How ingest and the store grow: rate by million events, and what an event's bytes are made of."""

from programs import compile_c, run_json, say, stream_json
from report import number, row


def composition(tables, events):
    """Bytes an event by table, the greatest first."""
    parts = {table["name"]: table["bytes"] / events for table in tables if table["bytes"]}
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def point(events, result, stored):
    """A point of the curve: what the store is after so many events."""
    return {
        "events": events, "events_per_second": result["events"] / result["seconds"],
        "file_bytes": stored["file_bytes"],
        "bytes_per_event": composition(stored["tables"], events)}


def rows_of(curve, seconds):
    """The rows that a curve, and the seconds that all of it took, come to."""
    start, end = curve[0], curve[-1]
    slowest = min(curve, key=lambda entry: entry["events_per_second"])
    first = [start["events_per_second"]]
    return [
        row(f"ingest, the slowest million, up to {slowest['events']:,}", "events/s",
            [slowest["events_per_second"]], first, "its own first million", 0.5),
        row(f"ingest of {end['events']:,} events, settled", "events/s",
            [end["events"] / seconds], first, "its own first million", 0.5),
        row(f"store of {end['events']:,} events", "bytes/event",
            [end["file_bytes"] / end["events"]], [start["file_bytes"] / start["events"]],
            "its own first million"),
    ]


def measure(options, scratch, binaries):
    """The rows, and the curve: one point a million events."""
    program = compile_c("tables", binaries, "-llmdb")
    store = scratch.new_store("growth")
    curve = []
    seconds = events = 0
    for result in stream_json(
            [options.bench, "graph", "--store", store, "--customers",
             options.customers, "--events", options.events, "--seed", options.seed, "grow"]):
        seconds += result["seconds"]
        stored = run_json([program, store])
        if result["phase"] == "settle":
            say(f"settled {result['events']:,} events in {result['seconds']:.0f} s")
            settled = point(events, {**result, "events": events, "seconds": seconds}, stored)
            curve[-1].update(
                {key: settled[key] for key in ("file_bytes", "bytes_per_event")})
            continue
        events += result["events"]
        curve.append(point(events, result, stored))
        parts = ", ".join(f"{name} {number(value)}"
                          for name, value in curve[-1]["bytes_per_event"].items())
        say(f"{events:,} events: {curve[-1]['events_per_second']:,.0f} events/s, "
            f"{stored['file_bytes'] / events:.0f} bytes an event ({parts})")
    return rows_of(curve, seconds), curve
