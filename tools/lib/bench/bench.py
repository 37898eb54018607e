"""Foretwin beside its peers: see `tools/bench --help`, which sets this up and runs it."""

import argparse
import pathlib
import sys

import report
from programs import BenchError, Scratch, run, say


def graph(options, scratch, binaries):
    """The property graph: rows of all parts that could be measured, failures, and more figures."""
    import graph_growth
    import graph_ingest
    import graph_reads

    if options.growth:
        rows, curve = graph_growth.measure(options, scratch, binaries)
        return rows, [], {"growth": curve}
    rows, failures = [], []
    for part in (graph_ingest, graph_reads):
        try:
            rows += part.measure(options, scratch, binaries)
        except BenchError as error:
            failures.append(f"{part.__name__}: {error}")
    return rows, failures, {}


def learning(options, scratch, _):
    """Training of the models."""
    import learning as area

    return area.measure(options, scratch), [], {}


def futures(options, scratch, _):
    """Simulation of paths."""
    import futures as area

    return area.measure(options, scratch), [], {}


# An area imports what only its own peers need.
AREAS = {"graph": graph, "learning": learning, "futures": futures}


def parse(arguments):
    """The options, with the defaults of the mode that they choose."""
    parser = argparse.ArgumentParser(prog="tools/bench", add_help=False)
    parser.add_argument("area", choices=sorted(AREAS))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--events", type=int)
    parser.add_argument("--customers", type=int)
    parser.add_argument("--repetitions", type=int)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--program", required=True)
    parser.add_argument("--bench")
    parser.add_argument("--folder", required=True)
    options = parser.parse_args(arguments)
    if options.bench is None:
        options.bench = str(pathlib.Path(options.program).with_name("foretwin-bench"))
    options.events_given = options.events is not None
    if options.events is None:
        options.events = 50_000_000 if options.growth else 20_000 if options.quick else 200_000
    if options.customers is None:
        # About 250 events a customer in a grown store, 40 in a young one.
        options.customers = max(1, options.events // (250 if options.growth else 40))
    if options.repetitions is None:
        options.repetitions = 1 if options.quick else 3
    for name in ("events", "customers", "repetitions"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be 1 or more")
    return options


def main(arguments):
    options = parse(arguments)
    folder = pathlib.Path(options.folder)
    scratch = Scratch(folder)
    try:
        version = run([options.program, "--version"]).strip()
        rows, failures, more = AREAS[options.area](options, scratch, folder / "bin")
    except BenchError as error:
        rows, failures, more, version = [], [str(error)], {}, None
    finally:
        scratch.remove()
    machine = report.machine()
    if rows:
        print(report.table(rows))
        print(f"\n{machine['processor']}, {machine['cores']} cores, load {machine['load'][0]}")
    if options.json:
        report.write(options.json, rows, machine=machine, foretwin=version, failures=failures,
                     **more)
    for failure in failures:
        say(f"NOT MEASURED: {failure}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
