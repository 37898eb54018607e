"""Runs foretwin, the way its users do, and says what became of it."""

import functools
import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import time
from dataclasses import dataclass

# Any key will do; the same one lets stores be copied and compared.
KEY = "00112233445566778899aabbccddeeff" * 2
KEY_NAME = "FORETWIN_KEY"
# Backtraces take a second, and what is needed to see a crash again is kept anyway.
ENVIRONMENT = {"SWIFT_BACKTRACE": "enable=no"}
# Exit code of a command whose store another process has open (EX_TEMPFAIL of sysexits.h).
STORE_IN_USE = 75
# Nothing here takes seconds unless it hangs; machines that run tests are slow.
PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """How a run ended: `code` is negative after a signal and None if it had to be stopped."""

    code: int | None
    out: str
    err: str

    @property
    def is_fatal(self):
        """Whether the process ended by a signal, not at all, or as if it had done what it did not
        do, for every command says what it did: what no input may ever cause."""
        is_mute = self.code == 0 and not self.out.strip()
        return self.code is None or self.code < 0 or self.code >= 128 or is_mute

    @property
    def is_refusal(self):
        """Whether the program failed as it should: with a code and one line that says why."""
        return not self.is_fatal and self.code != 0 and self.error != ""

    @property
    def error(self):
        lines = [line for line in self.err.splitlines() if line.startswith("Error:")]
        return lines[0] if len(lines) == 1 else ""

    def __str__(self):
        if self.code is None:
            return "hung and was stopped"
        if self.code == 0 and self.is_fatal:
            return f"said nothing, and that it went well {self.err.strip()[-300:]}".strip()
        if self.code < 0:
            last = self.err.strip().splitlines()[-1:] or [""]
            return f"was ended by {signal.Signals(-self.code).name} {last[0]}".strip()
        return f"exit code {self.code}: {self.error or self.err.strip()[-300:] or 'no message'}"


class Program:
    """The program under test; it never changes while the suites run."""

    def __init__(self, path, makes_keys=False):
        """`makes_keys` leaves the key out of the environment: the program then makes a key file
        beside each new store, as most users have it."""
        self.path = os.path.abspath(path)
        self.makes_keys = makes_keys
        if not os.access(self.path, os.X_OK):
            raise FileNotFoundError(
                f"There is no program at {path}. Build it with 'swift build -c release', or give "
                "--program.")

    def start(self, *arguments, cwd=None, env=None, **options):
        """Starts the program and returns its process."""
        return subprocess.Popen(
            [self.path, *map(str, arguments)], cwd=cwd, env=self._environment(env), **options)

    def making_keys(self):
        """The same program without a key in its environment."""
        return Program(self.path, makes_keys=True)

    def _environment(self, more):
        own = {name: value for name, value in os.environ.items() if name != KEY_NAME}
        key = {} if self.makes_keys else {KEY_NAME: KEY}
        return {**own, **ENVIRONMENT, **key, **(more or {})}

    def run(self, *arguments, cwd=None, env=None, timeout=PATIENCE_SECONDS):
        """Runs the program to its end, which is the timeout at the latest."""
        process = self.start(
            *arguments, cwd=cwd, env=env, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=timeout)
            return Result(process.returncode, out, err)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Result(None, out, err)

    def succeed(self, *arguments, **options):
        """Runs what cannot fail unless the test itself is broken, and returns what it printed."""
        result = self.run(*arguments, **options)
        if result.code != 0:
            raise RuntimeError(f"foretwin {' '.join(map(str, arguments))}: {result}")
        return result.out

    @functools.cached_property
    def can_verify(self):
        """Whether this build has `foretwin verify`."""
        return "\n  verify " in self.run("--help").out

    def verify(self, store):
        """Checks a whole store: structure, checksums, and each twin against its log."""
        return self.run("verify", store, "--json")

    def show(self, store, customers):
        """The twins of customers, read by a fresh process."""
        return self.run("twin", "show", *customers, "--json", "--store", store)


def twins(shown):
    """The twins that `twin show` printed: the number of events of each, and the whole of it as a
    text that is equal for equal twins, whatever their pseudonyms."""
    result = []
    for document in json.loads(shown):
        document.pop("customer_key", None)
        for key in ("interactions", "transitions"):
            document[key].sort(key=lambda entry: [str(value) for value in entry.values()])
        result.append((document["event_count"], json.dumps(document)))
    return result


def are_same(shown, expected):
    """Whether a run of `twin show` ended well and printed the twins that are expected."""
    return shown.code == 0 and twins(shown.out) == twins(expected)


def event_count(shown):
    """The number of events of all twins that `twin show` printed."""
    return sum(count for count, _ in twins(shown))


class Server:
    """`foretwin serve` on a free port of this machine; killed at the end in any case."""

    def __init__(self, program, store, cwd, env=None):
        self.program, self.store, self.cwd, self.env = program, store, cwd, env
        self.log = pathlib.Path(cwd, "server.log")
        self.begin()

    def begin(self):
        """Starts the process and waits until it answers; sets how long that took."""
        for attempt in range(3):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.port = free.getsockname()[1]
            began = time.monotonic()
            with open(self.log, "ab") as log:
                self.process = self.program.start(
                    "serve", "--port", self.port, "--log-level", "warning", "--store", self.store,
                    "--create", cwd=self.cwd, env=self.env, stdin=subprocess.DEVNULL, stdout=log,
                    stderr=log)
            if self._answers(began + PATIENCE_SECONDS):
                self.seconds_to_answer = time.monotonic() - began
                return
            # Somebody may have taken the port meanwhile.
        raise RuntimeError(f"the server does not start: {self.log.read_text()[-500:]}")

    def _answers(self, deadline):
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if self.request("GET", "/healthz")[0] == 200:
                    return True
            except OSError:
                time.sleep(0.002)
        self.kill()
        return False

    def request(self, method, path, body=None, timeout=PATIENCE_SECONDS):
        """One request on a connection of its own; returns status, headers and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            return exchange(connection, method, path, body)
        finally:
            connection.close()

    def event_count(self, customer):
        """How many events the twin of a customer has."""
        status, _, text = self.request("GET", f"/v1/twins/{customer}")
        if status != 200:
            raise RuntimeError(f"asked for a twin, the server said {status}: {text}")
        return json.loads(text)["event_count"]

    def kill(self):
        """Ends the process as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Ends the process as an operator would; returns its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.kill()


def exchange(connection, method, path, body=None):
    """One request on an open connection; a body is JSON Lines."""
    headers = {"Content-Type": "application/x-ndjson"} if body is not None else {}
    connection.request(method, path, body=body, headers=headers)
    response = connection.getresponse()
    text = response.read().decode()
    return response.status, response.headers, text
