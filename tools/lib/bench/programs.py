"""Runs the programs that a benchmark is made of, and compiles those in C."""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent


class BenchError(Exception):
    """Something could not be measured; the text says what to do."""


def say(text):
    """Tells the person who waits what is going on."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def last_json(text):
    """The last line of a program's output that is a JSON object."""
    for line in reversed(text.splitlines()):
        if line.startswith("{"):
            try:
                return json.loads(line)
            except json.JSONDecodeError:
                break
    raise BenchError(f"no JSON in the output: {text[-300:]!r}")


def run(command, environment=None, timeout=None):
    """Runs a program to its end and returns its output.

    Raises BenchError, with what the program wrote last, if it fails or takes too long.
    """
    command = [str(part) for part in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout,
                              stdin=subprocess.DEVNULL, check=False,
                              env={**os.environ, **(environment or {})})
    except subprocess.TimeoutExpired:
        raise BenchError(f"'{' '.join(command)}' took more than {timeout:.0f} s") from None
    except OSError as error:
        raise BenchError(f"cannot run {command[0]}: {error.strerror}") from None
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-600:]
        raise BenchError(f"'{' '.join(command)}' failed with {done.returncode}: {said}")
    return done.stdout


def run_json(command, environment=None, timeout=None):
    """Runs a program and returns the JSON object that it prints last."""
    return last_json(run(command, environment, timeout))


def stream_json(command):
    """Runs a program and yields the JSON objects that it prints, a line each, as they come."""
    command = [str(part) for part in command]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True,
                          stdin=subprocess.DEVNULL) as process:
        try:
            for line in process.stdout:
                yield json.loads(line)
        except BaseException:
            # Whoever stops asking wants no more of it.
            process.kill()
            raise
    if process.returncode != 0:
        raise BenchError(f"'{' '.join(command)}' failed with {process.returncode}")


def compiler():
    """The C compiler: $CC, or the first one on the PATH."""
    for name in (os.environ.get("CC"), "cc", "gcc", "clang"):
        if name and shutil.which(name):
            return name
    raise BenchError("no C compiler on the PATH; install gcc, or name one in CC")


def compile_c(name, folder, *flags):
    """Compiles NAME.c of this folder, unless what is there is newer; returns the program.

    With the flag -shared it becomes a library, NAME.so.
    """
    source = HERE / f"{name}.c"
    target = pathlib.Path(folder) / (f"{name}.so" if "-shared" in flags else name)
    newest = max(path.stat().st_mtime for path in (source, HERE / "trace.h"))
    if not target.exists() or target.stat().st_mtime < newest:
        target.parent.mkdir(parents=True, exist_ok=True)
        run([compiler(), "-O2", "-Wall", "-Wextra", "-o", target, source, *flags])
    return target


class Scratch:
    """A folder that holds what a benchmark writes, on the disk that is measured."""

    def __init__(self, parent):
        pathlib.Path(parent).mkdir(parents=True, exist_ok=True)
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="run-", dir=parent))

    def fresh(self, name):
        """An empty folder of this name."""
        path = self.path / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def new_store(self, name):
        """The path of a store that does not exist yet, in an empty folder of its own."""
        return self.fresh(name) / "store"

    def remove(self):
        """Deletes it all."""
        shutil.rmtree(self.path, ignore_errors=True)
