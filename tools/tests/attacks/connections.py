"""Clients that do not read, do not leave, or speak an older or newer HTTP."""

import json
import socket
import time

from .server import Server, read_all, read_answer, status_of
from .support import Case, attack, event

STALL_SECONDS = 30
ANSWER_BYTES_MAX = 64 << 10
REJECTIONS_MAX = 100


def stalled(server, request, count):
    """Connections that ask as much as they can and never read."""
    connections = []
    for _ in range(count):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.settimeout(5)
        try:
            connection.connect(("127.0.0.1", server.port))
            connection.settimeout(0.2)
            connection.sendall(request)
        except TimeoutError:
            pass  # The server does not take more before somebody reads; that is the stall.
        except OSError:
            connection.close()
            continue
        connections.append(connection)
    return connections


class SlowReaders(Case):
    """Answers that nobody reads."""

    def close_all(self, connections):
        for connection in connections:
            connection.close()

    def cut_off(self, count, repeated):
        self.shop()
        server = Server(self, level="error")
        get = b"GET /v1/twins/customer-0003 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        before = server.meter.restart()
        began = time.monotonic()
        connections = stalled(server, get * repeated, count)
        self.addCleanup(self.close_all, connections)
        self.saw(f"{len(connections)} connections stalled after {time.monotonic() - began:.0f} s")
        limit = time.monotonic() + STALL_SECONDS + 15
        # As the server sees it: a client that does not read learns nothing of an end.
        left = server.connection_count
        self.assertGreaterEqual(left, len(connections), "the connections did not stall")
        while left and time.monotonic() < limit:
            time.sleep(1)
            left = server.connection_count
        health = server.get("/healthz", timeout=5)
        grown = (server.meter.peak - before) / 1e6
        self.saw(f"{left} of them still open {STALL_SECONDS + 15} s later; healthz: {health}; "
                 f"+{grown:.0f} MB")
        self.harmless([
            server.trouble,
            f"expected all to be closed {STALL_SECONDS} s after the stall" if left else "",
            "expected healthz to answer" if health.status != 200 else ""])

    @attack("M5, F2", "3 connections ask 20,000 times and do not read", slow=True)
    def test_who_does_not_read_is_cut_off(self):
        self.cut_off(3, 20_000)

    @attack("F2", "850 connections ask 200 times and do not read", long=True)
    def test_many_who_do_not_read_are_cut_off(self):
        self.cut_off(850, 200)

    @attack("F2", "900 quiet connections, each with one cheap request")
    def test_quiet_connections_leave_room_for_health(self):
        server = Server(self, level="error")
        connections = []
        self.addCleanup(lambda: self.close_all(connections))
        for _ in range(900):
            try:
                connection = server.connect(timeout=2)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                read_answer(connection)
            except OSError:
                break
            connections.append(connection)
        health = server.get("/healthz", timeout=10)
        self.saw(f"{len(connections)} open; healthz on a new one: {health}")
        self.assertEqual(health.status, 200, "expected healthz to answer within 10 s")


class Answers(Case):
    """Small requests with large answers."""

    def bounded(self, body, count):
        server = Server(self)
        answer = server.post(body, "application/x-ndjson", timeout=60)
        listed = answer.json.get("rejected") or answer.json.get("outcome", {}).get("rejected", [])
        listed = listed if isinstance(listed, list) else []
        longest = max((len(str(entry.get("detail", ""))) for entry in listed), default=0)
        self.saw(f"{len(body):,} bytes in, {answer.status} with {len(answer.body):,} bytes out, "
                 f"{len(listed):,} rejections listed, the longest text {longest:,}")
        self.harmless([
            server.trouble,
            "expected 422" if answer.status != 422 else "",
            f"expected at most {ANSWER_BYTES_MAX:,} bytes"
            if len(answer.body) > ANSWER_BYTES_MAX else "",
            f"expected at most {REJECTIONS_MAX} rejections"
            if len(listed) > REJECTIONS_MAX else "",
            "expected texts of 1,000 letters at most" if longest > 1000 else "",
            "expected counts by reason" if not counts_to(answer.json, count) else ""])

    @attack("F2", "10,000 lines that are no events, 20 kB")
    def test_many_rejections(self):
        self.bounded(b"x\n" * 10_000, 10_000)

    @attack("F2", "lines whose type, time or quantity is one letter with 520,000 accents")
    def test_one_letter_of_a_mebibyte(self):
        letter = "a" + "\u0301" * 520_000
        lines = [json.dumps({**event("1", "u", "i"), field: letter}, ensure_ascii=False) + "\n"
                 for field in ("type", "timestamp", "quantity")]
        self.bounded("".join(lines).encode() * 2, 6)

    @attack("F2", "10,000 events of the future with ids of 200 bytes")
    def test_many_rejected_events(self):
        body = "".join(json.dumps(event(f"{'e' * 190}{n}", "u", "i" * 200, moment=4_000_000_000))
                       + "\n" for n in range(10_000))
        self.bounded(body.encode(), 10_000)


def counts_to(value, total):
    """Whether an answer holds counts by name whose sum is the total."""
    if isinstance(value, list):
        return any(counts_to(part, total) for part in value)
    if not isinstance(value, dict):
        return False
    numbers = [part for part in value.values() if type(part) is int]
    if numbers and len(numbers) == len(value) and sum(numbers) == total:
        return True
    return any(counts_to(part, total) for part in value.values())


class Protocols(Case):
    """Older and newer versions of HTTP."""

    @attack("M4", "HTTP/1.0 without keep-alive")
    def test_old_connections_are_closed(self):
        server = Server(self)
        with server.connect() as connection:
            connection.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
            began = time.monotonic()
            data, closed = read_all(connection, 8)
            self.saw(f"{status_of(data)}, " + (f"closed after {time.monotonic() - began:.1f} s"
                                               if closed else "open 8 s later"))
        self.harmless(["expected 200" if status_of(data) != 200 else "",
                       "expected the connection to be closed" if not closed else ""])

    def answers_twice(self, extra, line=b"GET /healthz"):
        server = Server(self)
        plain = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        with server.connect(timeout=5) as connection:
            connection.sendall(line + b" HTTP/1.1\r\nHost: localhost\r\n" + extra + b"\r\n")
            first = read_answer(connection)
            says_close = b"connection: close" in first.lower()
            second = b""
            if not says_close:
                try:
                    connection.sendall(plain)
                    second = read_answer(connection)
                except OSError:
                    pass
        self.saw(f"{status_of(first)}, "
                 + ("says close" if says_close else f"then {status_of(second) or 'no answer'}"))
        self.assertTrue(status_of(first) and (says_close or status_of(second) == 200),
                        "expected a second answer, or Connection: close on the first")

    @attack("H4", "Upgrade: h2c, then a second request")
    def test_an_offer_to_upgrade_is_passed_over(self):
        self.answers_twice(b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                           b"HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n")

    @attack("H4", "Upgrade: websocket, then a second request")
    def test_another_upgrade_is_passed_over(self):
        self.answers_twice(b"Connection: Upgrade\r\nUpgrade: websocket\r\n")

    @attack("H4", "CONNECT, then a second request")
    def test_connect_is_refused(self):
        self.answers_twice(b"", b"CONNECT localhost:80")
