"""A server of the program under test, and ways to talk to it."""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time
from dataclasses import dataclass

from .support import Meter, end

START_SECONDS = 60


@dataclass(frozen=True)
class Answer:
    """What came back; `status` is 0 if nothing did, and `text` then says why."""

    status: int
    headers: dict
    body: bytes
    seconds: float

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    def __str__(self):
        return f"{self.status or 'no answer'} after {self.seconds:.1f} s"


class Server:
    """`foretwin serve` on a free port of this machine, under a limit and a meter."""

    def __init__(self, case, *arguments, level="warning", wait=True, **options):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if "--store" not in arguments and not (case.folder / "graph-data/store").exists():
            # A server need not make a store that is not there.
            case.first_store()
        self.log = pathlib.Path(case.folder, f"server-{self.port}.log")
        with open(self.log, "wb") as log:
            self.process = case.start(
                "serve", "--port", self.port, "--log-level", level, *arguments,
                stdin=subprocess.DEVNULL, **{"stdout": log, "stderr": log, **options})
        self.meter = Meter(self.process)
        case.addCleanup(self.meter.stop)
        if wait:
            self.wait()

    def wait(self):
        """Waits until the server answers."""
        limit = time.monotonic() + START_SECONDS
        while time.monotonic() < limit:
            if self.process.poll() is not None:
                break
            if self.get("/healthz", timeout=2).status == 200:
                return
            time.sleep(0.02)
        raise RuntimeError(f"the server does not start: {self.said[-300:]}")

    @property
    def said(self):
        """All that the server wrote."""
        return self.log.read_text("utf-8", "replace")

    @property
    def is_alive(self):
        return self.process.poll() is None

    @property
    def trouble(self):
        """How the server ended, or nothing while it runs."""
        if self.is_alive:
            return ""
        if self.meter.has_ended_it:
            return f"the server took {self.meter.peak / 1e9:.1f} GB and was ended by the test"
        code = self.process.returncode
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return f"the server ended: {how}"

    @property
    def processor_seconds(self):
        """The time that the server has had a processor, all threads together."""
        try:
            with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
                fields = stat.read().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def connection_count(self):
        """How many connections the server has open."""
        count = 0
        for name in ("tcp", "tcp6"):
            try:
                with open(f"/proc/net/{name}", encoding="ascii") as table:
                    lines = table.read().splitlines()[1:]
            except OSError:
                continue
            for line in lines:
                local, state = line.split()[1], line.split()[3]
                count += state == "01" and int(local.rpartition(":")[2], 16) == self.port
        return count

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """One request on a connection of its own."""
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            content = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, content, time.monotonic() - began)
        except (OSError, http.client.HTTPException) as problem:
            return Answer(0, {}, repr(problem).encode(), time.monotonic() - began)
        finally:
            connection.close()

    def get(self, path, timeout=30):
        return self.ask("GET", path, timeout=timeout)

    def post(self, body, kind="application/json", timeout=60):
        """Sends events: bytes as they are, or values as JSON."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask("POST", "/v1/events", content, {"Content-Type": kind}, timeout)

    def post_lines(self, events, timeout=120):
        body = "".join(json.dumps(event) + "\n" for event in events).encode()
        return self.post(body, "application/x-ndjson", timeout)

    def dear_path(self, seconds, customer="customer-0003"):
        """Recommendations that take so long, or as long as they can; and how long they take."""
        path = f"/v1/twins/{customer}/recommendations?horizon_days=60&surprise=never&paths="
        paths, answer = 100, self.get(path + "100")
        while answer.seconds < seconds and paths < 8_000:
            paths *= 2
            answer = self.get(f"{path}{paths}", timeout=60)
        if answer.status != 200:
            raise RuntimeError(f"recommendations of {paths} paths: {answer}")
        return f"{path}{paths}", answer.seconds

    def connect(self, timeout=10):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def raw(self, request, timeout=10, until_close=False):
        """Sends bytes and returns what comes back: one answer, or all until the server closes."""
        with self.connect(timeout) as connection:
            connection.sendall(request)
            return read_all(connection, timeout) if until_close else read_answer(connection)

    def stop(self, timeout=20):
        """Asks the server to end; returns the seconds that took, or None if it did not."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout)
            return time.monotonic() - began
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        self.meter.stop()
        end(self.process)


def read_answer(connection):
    """One answer with its body by its length; what there is if the connection ends before."""
    data = b""
    try:
        while b"\r\n\r\n" not in data:
            part = connection.recv(65_536)
            if not part:
                return data
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        while len(body) < length_of(head):
            part = connection.recv(65_536)
            if not part:
                break
            body += part
        return head + b"\r\n\r\n" + body
    except OSError:
        return data


def read_all(connection, seconds):
    """All that comes until the server closes or the time is over; the second says which."""
    limit = time.monotonic() + seconds
    data = b""
    while time.monotonic() < limit:
        connection.settimeout(max(0.01, limit - time.monotonic()))
        try:
            part = connection.recv(65_536)
        except TimeoutError:
            return data, False
        except OSError:
            return data, True
        if not part:
            return data, True
        data += part
    return data, False


def length_of(head):
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower() == b"content-length":
            return int(value)
    return 0


def status_of(answer):
    """The status of a raw answer, or 0 if there is none."""
    parts = answer.split(b" ", 2)
    return int(parts[1]) if answer.startswith(b"HTTP/") and parts[1].isdigit() else 0


class Probe:
    """Asks for a path again and again, on new connections, until it is stopped."""

    def __init__(self, server, path="/healthz", interval=0.05, timeout=30, ask=None):
        self.server, self.path, self.interval, self.timeout = server, path, interval, timeout
        self.ask = ask or (lambda: server.get(path, timeout=timeout))
        self.answers = []
        self.stopping = threading.Event()
        self.began = 0.0
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def work(self):
        while not self.stopping.is_set():
            self.began = time.monotonic()
            self.answers.append(self.ask())
            self.stopping.wait(self.interval)

    def stop(self):
        """Ends the probe; an answer that is still awaited counts with the time so far."""
        self.stopping.set()
        began = self.began
        self.thread.join(timeout=1)
        if self.thread.is_alive():
            self.answers.append(Answer(0, {}, b"still waiting", time.monotonic() - began))
        return self

    @property
    def worst(self):
        return max((answer.seconds for answer in self.answers), default=float("inf"))

    def percentile(self, share):
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(len(times) - 1, int(len(times) * share))] if times else float("inf")

    @property
    def figures(self):
        return (f"{self.path}: {len(self.answers)} asked, p50 {self.percentile(.5) * 1000:.0f} ms, "
                f"p99 {self.percentile(.99) * 1000:.0f} ms, worst {self.worst:.2f} s")


class Background:
    """Calls that run at the same time, each in a thread of its own."""

    def __init__(self, *calls):
        self.results = [None] * len(calls)
        self.threads = [
            threading.Thread(target=self.call, args=(place, call), daemon=True)
            for place, call in enumerate(calls)]
        for thread in self.threads:
            thread.start()

    def call(self, place, call):
        self.results[place] = call()

    def wait(self, seconds):
        """Waits for all calls; returns the results, None for those that are still running."""
        limit = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(timeout=max(0, limit - time.monotonic()))
        return list(self.results)

    @property
    def is_running(self):
        return any(thread.is_alive() for thread in self.threads)
