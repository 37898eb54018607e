"""What the command line decides for the whole run."""

import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[3]

# The program under test.
program = str(ROOT / ".build/release/foretwin")
# Whether attacks run that take minutes or gigabytes.
long = False
# A folder for all files of the run; removed at the end.
scratch = None

# No process that an attack starts may have more memory of its own than this.
BYTE_COUNT_MAX = 4 << 30
# The longest that one attack may take, by default and with --long.
SECONDS_MAX = 150
LONG_SECONDS_MAX = 900
