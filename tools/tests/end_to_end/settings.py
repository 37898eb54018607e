"""What the command line decides for the whole run."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]

# The program under test.
program = str(ROOT / ".build/release/foretwin")
