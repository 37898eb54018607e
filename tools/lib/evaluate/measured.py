"""Runs a command and writes down the greatest memory of it, in bytes:

    python3 measured.py FILE COMMAND...

A process of its own, because a program that is started takes over the greatest memory of the
process that starts it: this one is small, tools/evaluate is not."""

import pathlib
import resource
import subprocess
import sys


def main(file, *command):
    """Runs the command; returns its exit code."""
    code = subprocess.call(command)
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    pathlib.Path(file).write_text(str(most if sys.platform == "darwin" else most * 1024), "utf-8")
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
