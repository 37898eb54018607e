"""The command line of tools/attack."""

import argparse
import importlib
import os
import pathlib
import re
import shutil
import signal
import sys
import tempfile
import time
import unittest

from . import settings

THEMES = {
    "bodies": "bodies of requests that take memory or time",
    "threads": "requests that hold up all others",
    "load": "more requests than can be answered",
    "connections": "clients that do not read, do not leave, or speak an older HTTP",
    "requests": "requests that are malformed or ambiguous",
    "serving": "how the server starts, is set up, and ends",
    "keys": "the pseudonym key and what is made durable",
    "modes": "who can read the files that a run makes",
    "files": "files of the user that a command must not lose",
    "models": "damaged and contradictory versions of a model",
    "privacy": "what is kept of people, and what erasing reaches",
    "personal": "personal columns and values of events",
    "terminal": "data that would control the terminal",
    "exports": "cells that a spreadsheet would run",
    "feeds": "files about the days around customers",
    "readers": "files that make memory grow",
}


def main():
    options = parse_arguments()
    settings.program = os.path.abspath(options.program)
    settings.long = options.long
    if not os.access(settings.program, os.X_OK):
        print(f"tools/attack: there is no program at {options.program}. Build it with "
              "'swift build -c release', or give --program.", file=sys.stderr)
        sys.exit(2)
    tests = [test for test in chosen(options.only) if not (options.quick and test.is_slow)]
    if not tests:
        print(f"tools/attack: nothing is called {options.only}; --list shows all attacks",
              file=sys.stderr)
        sys.exit(2)
    if options.list:
        for test in tests:
            print(f"{test.theme:<12} {test.finding:<8} {test.about}")
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    settings.scratch = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-attack-"))
    began = time.monotonic()
    try:
        rows = [run(test) for test in tests]
    except KeyboardInterrupt:
        print("tools/attack: interrupted", file=sys.stderr)
        sys.exit(130)
    finally:
        shutil.rmtree(settings.scratch, ignore_errors=True)
    table = markdown(rows)
    if options.table:
        pathlib.Path(options.table).write_text(table, "utf-8")
    print("\n" + table)
    counts = {word: sum(row.harmless == word for row in rows) for word in
              ("yes", "no", "skipped", "unknown")}
    print(f"{time.monotonic() - began:.0f} s")
    failed = counts["no"] + counts["unknown"]
    print(f"{counts['yes']} passed, {failed} failed, {counts['skipped']} skipped")
    sys.exit(1 if failed or not counts["yes"] else 0)


def parse_arguments():
    listing = "\n".join(f"  {name:<12} {about}" for name, about in THEMES.items())
    parser = argparse.ArgumentParser(
        prog="tools/attack", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Attacks a built foretwin with hostile requests, files and moments, and "
                    "prints what it saw.\nTraffic stays on this machine, and no process may take "
                    "more than 4 GB.",
        epilog=f"themes:\n{listing}\n\n"
               "The exit code is 0 if every attack was harmless, 1 if not, 2 for wrong usage.\n"
               "'unknown' means that an attack could not be run; the last column says why.")
    parser.add_argument("--program", default=settings.program,
                        help="the program to attack; the release build unless given")
    parser.add_argument("--only", metavar="NAME", action="append",
                        help="only a theme, a finding such as F1, or tests with NAME in their "
                             "name; may be repeated")
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--quick", action="store_true",
                        help="without the slowest attacks; about four minutes, for every change")
    length.add_argument("--long", action="store_true",
                        help="also attacks that take minutes or gigabytes")
    parser.add_argument("--table", metavar="FILE", help="also write the table to a file")
    parser.add_argument("--list", action="store_true", help="list the attacks and run none")
    return parser.parse_args()


def chosen(names):
    """All tests in the order of their themes, or those that the names choose."""
    tests = []
    for theme in THEMES:
        module = importlib.import_module(f".{theme}", __package__)
        suite = unittest.defaultTestLoader.loadTestsFromModule(module)
        for case in flat(suite):
            test = Test(theme, case)
            if not names or any(test.is_called(name) for name in names):
                tests.append(test)
    return tests


def flat(suite):
    for part in suite:
        if isinstance(part, unittest.TestSuite):
            yield from flat(part)
        elif part._testMethodName != "runTest":
            yield part


class Test:
    """One attack and, once it has run, its row of the table."""

    def __init__(self, theme, case):
        self.theme, self.case = theme, case
        self.name = case._testMethodName
        test = getattr(case, self.name)
        self.finding, self.about = test.finding, test.about
        self.is_long, self.is_slow = test.is_long, test.is_slow
        self.harmless, self.seen, self.seconds = "unknown", "", 0.0

    def is_called(self, name):
        if name in THEMES:
            return name == self.theme
        return name.lower() in self.finding.lower().split(", ") or name in self.name


class TooLong(AssertionError):
    """An attack was not over when it had to be."""


def run(test):
    """Runs one attack and notes how it went."""
    seconds = settings.LONG_SECONDS_MAX if test.is_long else settings.SECONDS_MAX

    def stop(*_):
        raise TooLong(f"not over after {seconds} s")
    signal.signal(signal.SIGALRM, stop)
    result = unittest.TestResult()
    began = time.monotonic()
    signal.alarm(seconds)
    try:
        test.case.run(result)
    finally:
        signal.alarm(0)
        test.case.doCleanups()  # Nothing is left if the whole run is interrupted.
    test.seconds = time.monotonic() - began
    notes = list(getattr(test.case, "seen", []))
    if result.skipped:
        test.harmless = "skipped"
        notes.append(result.skipped[0][1])
    elif result.errors:
        notes.append(last_line(result.errors[0][1]))
    elif result.failures:
        test.harmless = "no"
        notes.append(last_line(result.failures[0][1]).removeprefix("AssertionError: "))
    else:
        test.harmless = "yes"
    test.seen = "; ".join(note for note in notes if note)
    test.seen = re.sub(re.escape(str(settings.scratch)) + r"/\w+/", "", test.seen)
    print(f"{test.harmless:<8} {test.seconds:6.1f} s  {test.theme:<12} {test.finding:<8} "
          f"{test.about}: {printable(test.seen)[:300]}", flush=True)
    return test


def last_line(trace):
    """The message of a failure, which is all after the last line of the trace that has a place."""
    lines = trace.rstrip().splitlines()
    places = [n for n, line in enumerate(lines) if line.startswith("  ")]
    return " ".join(lines[places[-1] + 1 if places else 0:]) or lines[-1]


def printable(text):
    """Text without anything that a terminal would obey."""
    return "".join(
        letter if letter.isprintable() else f"\\x{ord(letter):02x}" for letter in text
    ).encode("utf-8", "backslashreplace").decode()


def markdown(rows):
    lines = ["| finding | attack | seen | harmless |", "|---|---|---|---|"]
    for row in rows:
        cells = [row.finding, row.about, printable(row.seen)[:500], row.harmless]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
