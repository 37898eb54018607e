"""The command line of the end-to-end tests: python3 -m end_to_end PROGRAM [NAME…].

A name chooses a theme (graphs), a class (graphs.Graphs) or one test of it
(graphs.Graphs.test_people_see_names_and_are_told_of_limits); all run unless there is one.
"""

import importlib
import os
import sys
import unittest

from . import settings

THEMES = ["ingesting", "demo", "twins", "graphs", "models", "backtests", "what_if", "fleet"]


def main():
    arguments = sys.argv[1:]
    if not arguments or not os.access(arguments[0], os.X_OK):
        print("Usage: tools/tests/end-to-end.sh PROGRAM [NAME…]; PROGRAM is the built foretwin.",
              file=sys.stderr)
        sys.exit(2)
    settings.program = os.path.abspath(arguments[0])
    for theme in THEMES:
        importlib.import_module(f".{theme}", __package__)
    suite = unittest.defaultTestLoader.loadTestsFromNames(
        [f"{__package__}.{name}" for name in arguments[1:] or THEMES])
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    skipped = len(result.skipped)
    passed = result.testsRun - failed - skipped
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    sys.exit(failed > 0 or passed == 0)


if __name__ == "__main__":
    main()
