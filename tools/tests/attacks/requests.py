"""Requests that are malformed or ambiguous, and that readers on the way may see differently."""

import time

from .server import Server, read_all, read_answer, status_of
from .support import Case, attack, event

HEALTH = b"GET /healthz HTTP/1.1\r\n"


class Ambiguous(Case):
    """Requests that must be refused, each on a connection of its own."""

    def refused(self, request, statuses, timeout=5):
        server = Server(self)
        answer = server.raw(request, timeout)
        self.saw(status_of(answer) or f"no answer within {timeout} s")
        self.harmless([server.trouble, "" if status_of(answer) in statuses else
                       f"expected {' or '.join(map(str, statuses))}"])

    @attack("Low", "two Host lines")
    def test_two_hosts(self):
        self.refused(HEALTH + b"Host: localhost\r\nHost: evil.example\r\n\r\n", [400])

    @attack("Low", "two equal Host lines")
    def test_the_same_host_twice(self):
        self.refused(HEALTH + b"Host: localhost\r\nHost: localhost\r\n\r\n", [400])

    @attack("Low", "GET http://evil.example/healthz with a good Host")
    def test_another_host_in_the_target(self):
        self.refused(b"GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n",
                     [400, 421])

    @attack("Low", "Host: [127.0.0.1]evil.com")
    def test_a_host_with_a_tail(self):
        self.refused(HEALTH + b"Host: [127.0.0.1]evil.com\r\n\r\n", [400, 421])

    @attack("Low", "Host: [::1]:80.evil.com")
    def test_a_port_with_a_tail(self):
        self.refused(HEALTH + b"Host: [::1]:80.evil.com\r\n\r\n", [400, 421])

    @attack("Low", "Transfer-Encoding: gzip, chunked")
    def test_an_unknown_coding(self):
        body = b'{"user_id":"ann"}'
        self.refused(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body),
            [400, 501])

    @attack("Low", "Content-Length: 2^63")
    def test_a_length_beyond_all(self):
        self.refused(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 9223372036854775808\r\n\r\n{}", [400, 413])

    @attack("Low", "Content-Length: 2^63 - 1")
    def test_the_greatest_length(self):
        self.refused(
            b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 9223372036854775807\r\n\r\n{}", [400, 413])

    @attack("Low", "OPTIONS and TRACE on known paths")
    def test_other_methods(self):
        server = Server(self)
        problems, statuses = [], []
        for method in ("OPTIONS", "TRACE"):
            for path in ("/healthz", "/readyz", "/v1/events", "/v1/twins/ann",
                         "/v1/twins/ann/recommendations"):
                answer = server.ask(method, path, timeout=5)
                statuses.append(answer.status)
                if answer.status != 405:
                    problems.append(f"{method} {path}: {answer.status}, expected 405")
                elif "allow" not in answer.headers:
                    problems.append(f"{method} {path}: expected an Allow header")
        self.saw(f"{statuses.count(405)} of {len(statuses)} answered 405")
        self.harmless(problems)


class Continue(Case):
    @attack("Low", "Expect: 100-continue before a body of 2 MB")
    def test_a_client_that_asks_first_is_answered(self):
        server = Server(self)
        body = b"x\n" * 1_000_000
        with server.connect(timeout=3) as connection:
            connection.sendall(
                b"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
                b"Content-Type: application/x-ndjson\r\nContent-Length: %d\r\n\r\n" % len(body))
            began = time.monotonic()
            first = read_answer(connection)
            self.saw(f"{status_of(first) or 'nothing'} after {time.monotonic() - began:.1f} s")
        self.assertIn(status_of(first), (100, 413, 417),
                      "expected 100 (or a final 413 or 417) within 3 s")


class Values(Case):
    """Values that are read as something else than was written."""

    def events_are_refused(self, bodies):
        server = Server(self)
        problems = []
        for body in bodies:
            answer = server.post(body)
            self.saw(answer.status)
            if answer.status not in (400, 422):
                problems.append(f"{describe(body)} was taken; expected 400 or 422")
        self.harmless(problems)

    @attack("Low", "prices such as \"5\\u0000abc\" and \"0x1F\"")
    def test_prices_that_are_no_numbers(self):
        self.events_are_refused([
            event(f"p{n}", "ann", "tea", "purchase", price=price)
            for n, price in enumerate(["5\u0000abc", "0x1F", "5 ", "1e", "0x1p3"])])

    @attack("Low", "quantity \"2\\u0000abc\"")
    def test_quantities_that_are_no_numbers(self):
        self.events_are_refused([
            event(f"q{n}", "ann", "tea", "purchase", quantity=text)
            for n, text in enumerate(["2\u0000abc", "0x2"])])

    @attack("Low", "horizon_days=5%00abc and 0x1F")
    def test_parameters_that_are_no_numbers(self):
        self.shop()
        server = Server(self)
        problems = []
        for text in ("5%00abc", "0x1F", "5%20", "%2B5%00"):
            answer = server.get(f"/v1/twins/ann/recommendations?paths=10&horizon_days={text}")
            self.saw(answer.status)
            if answer.status not in (400, 422):
                problems.append(f"horizon_days={text} was taken; expected 400 or 422")
        self.harmless(problems)

    @attack("Low", "User_ID beside user_id, and user-id beside it")
    def test_two_names_of_one_field(self):
        own = event("twice", "ann", "tea")
        self.events_are_refused([{**own, "User_ID": "bob"}, {**own, "user-id": "bob"},
                                 {**own, "userId": "bob"}])

    @attack("Low", "{…,} as JSON")
    def test_a_comma_too_many(self):
        self.events_are_refused([
            b'{"event_id":"c","user_id":"ann","item_id":"tea","type":"view",'
            b'"timestamp":1767225600,}'])


def describe(body):
    return repr(body if isinstance(body, bytes) else sorted(body.items()))[:160]


class Closing(Case):
    @attack("Low", "SIGTERM while an answer is under way: Connection: close")
    def test_the_last_answer_says_close(self):
        self.shop(is_large=True)
        server = Server(self)
        path, alone = server.dear_path(1)
        with server.connect(timeout=20) as connection, server.connect(timeout=5) as idle:
            idle.sendall(HEALTH + b"Host: localhost\r\n\r\n")
            read_answer(idle)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            time.sleep(0.3)
            server.process.terminate()
            time.sleep(0.1)
            ready, closed = b"", True
            try:
                idle.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                ready, closed = read_all(idle, 3)
            except OSError:
                pass
            answer = read_answer(connection)
        says_close = b"connection: close" in answer.split(b"\r\n\r\n")[0].lower()
        self.saw(f"{alone:.1f} s of work; {status_of(answer) or 'no answer'}, "
                 f"{'says close' if says_close else 'does not say close'}; readyz meanwhile: "
                 f"{status_of(ready) or ('closed' if closed else 'no answer')}")
        self.harmless([
            "expected an answer" if status_of(answer) not in (200, 503) else "",
            "expected Connection: close" if not says_close else "",
            "expected readyz to say 503, or the connection to be closed"
            if status_of(ready) == 200 else ""])
