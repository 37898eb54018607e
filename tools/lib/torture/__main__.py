"""The command line of tools/torture."""

import argparse
import json
import os
import pathlib
import random
import shutil
import sys
import tempfile
import time
import traceback

from . import corruption, disk_full, double_open, faults, kills, power_cuts, suite
from .program import Program

SUITES = {
    module.NAME: module
    for module in (power_cuts, kills, faults, corruption, disk_full, double_open)}
ROOT = pathlib.Path(__file__).resolve().parents[3]


def main():
    options = parse_arguments()
    try:
        program = Program(options.program)
    except FileNotFoundError as problem:
        print(f"tools/torture: {problem}", file=sys.stderr)
        sys.exit(2)
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-torture-", dir=options.scratch))
    try:
        surroundings = suite.Surroundings(
            program, options.seed, options.quick, options.jobs, scratch, pathlib.Path(options.keep))
        print(f"program {program.path}\nseed {options.seed} (again: {again(options)})")
        documents = [run(SUITES[name], surroundings, options) for name in options.suites]
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    if options.json:
        document = {
            "program": program.path, "seed": options.seed,
            "tier": "quick" if options.quick else "full", "suites": documents}
        pathlib.Path(options.json).write_text(json.dumps(document, indent=2) + "\n", "utf-8")
    checks = [check["passed"] for document in documents for check in document["checks"]]
    skipped = sum(document["status"] == "skipped" for document in documents)
    print(f"{sum(checks)} passed, {len(checks) - sum(checks)} failed"
          + (f", {skipped} skipped" if skipped else ""))
    sys.exit(0 if all(checks) and (checks or skipped) else 1)


def parse_arguments():
    listing = "\n".join(f"  {name:<12} {module.ABOUT}" for name, module in SUITES.items())
    parser = argparse.ArgumentParser(
        prog="tools/torture", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Damages stores and interrupts the program on purpose, and checks what the "
                    "program promises\nabout that. Every suite has canaries that must fail, or "
                    "counts what it could have missed.",
        epilog=f"suites, all of them unless named:\n{listing}\n\n"
               "The exit code is 0 if everything holds, 1 if not, 2 for wrong usage. What "
               "failed is kept\nin the --keep folder.")
    parser.add_argument("suites", nargs="*", metavar="SUITE", help="which suites to run")
    parser.add_argument("--quick", action="store_true",
                        help="fewer rounds: about five minutes in all, for every change; without "
                             "it, about half an hour, for releases")
    parser.add_argument("--seed", type=int, help="decides every random choice; drawn unless given")
    parser.add_argument("--program", default=str(ROOT / ".build/release/foretwin"),
                        help="the program to test; the release build unless given")
    parser.add_argument("--json", metavar="FILE", help="write all figures to a file as well")
    parser.add_argument("--jobs", type=int, default=suite.default_jobs(),
                        help="how many stores to check at once; one a processor unless given")
    parser.add_argument("--keep", metavar="FOLDER", default=str(ROOT / ".build/torture-failures"),
                        help="where evidence of failures goes; .build/torture-failures unless "
                             "given")
    parser.add_argument("--scratch", metavar="FOLDER", default=default_scratch(),
                        help="where temporary stores go; in memory if possible")
    parser.add_argument("--replay", metavar="FOLDER",
                        help="make a failure of power-cuts again, from its evidence")
    options = parser.parse_args()
    unknown = [name for name in options.suites if name not in SUITES]
    if unknown:
        parser.error(f"there is no suite {unknown[0]}; there are {', '.join(SUITES)}")
    if options.jobs < 1:
        parser.error("--jobs must be 1 or more")
    if options.replay and options.suites != [power_cuts.NAME]:
        parser.error(f"--replay goes with the suite {power_cuts.NAME}")
    options.suites = options.suites or list(SUITES)
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 32)
    return options


def default_scratch():
    """A folder in memory if there is one: thousands of stores are made and thrown away."""
    memory = "/dev/shm"
    usable = "TMPDIR" not in os.environ and os.access(memory, os.W_OK | os.X_OK)
    if usable and shutil.disk_usage(memory).free > 1 << 30:
        return memory
    return None


def again(options):
    words = ["tools/torture", *options.suites, "--seed", str(options.seed)]
    if options.quick:
        words.append("--quick")
    return " ".join(words)


def run(module, surroundings, options):
    """Runs a suite, tells how it went, and returns that as JSON can hold it."""
    print(f"\n=== {module.NAME}: {module.ABOUT}", flush=True)
    began = time.monotonic()
    try:
        if options.replay:
            outcome = module.replay_kept(surroundings, options.replay)
        else:
            outcome = module.run(surroundings)
    except Exception:  # Whatever stops one suite must not hide what the others find.
        outcome = suite.Outcome(module.NAME)
        outcome.check("the suite runs to its end", traceback.format_exc())
    seconds = time.monotonic() - began
    for name, problems in outcome.checks.items():
        print(f"  {'FAILED' if problems else 'ok':<7} {name}")
        for problem in problems[:suite.FAILURES_SHOWN]:
            print(f"          {problem}")
        if len(problems) > suite.FAILURES_SHOWN:
            print(f"          and {len(problems) - suite.FAILURES_SHOWN} more")
    if outcome.skipped:
        print(f"  skipped {outcome.skipped}")
    for name, value in outcome.figures.items():
        print(f"  {name}: {value}")
    print(f"  {outcome.status} in {seconds:.0f} s", flush=True)
    return {**outcome.document(), "seconds": round(seconds, 1)}


if __name__ == "__main__":
    main()
