"""Bodies of requests that are small and take much memory or time."""

from .server import Background, Probe, Server
from .support import Case, attack, megabytes

JSON_BYTES_MAX = 1 << 20
LINES_BYTES_MAX = 16 << 20
# A mebibyte of ordinary events takes some 0.3 s of a processor. The clock alone would judge what
# else the machine does, so it has a wider bound.
PROCESSOR_SECONDS_MAX = 0.6
SECONDS_MAX = 10
GROWTH_MAX = 200_000_000
KINDS = ("application/json", "application/cloudevents+json", "application/cloudevents-batch+json")


def filled(head, part, tail, size=JSON_BYTES_MAX):
    """A body of a head, as many parts as there is room for, with commas between, and a tail."""
    room = size - len(head) - len(tail)
    count = room // (len(part) + 1)
    return (head + ",".join([part] * count) + tail).encode()


def under_key(part, key_size=1 << 19):
    """An array of many parts under one long key."""
    return filled('{"' + "K" * key_size + '":[', part, "]}")


def unbalanced(count):
    return b"]" * count + b"[" * count


class Outline(Case):
    """JSON whose outline costs more than its bytes."""

    def refused(self, body, kinds=KINDS):
        problems = []
        for kind in kinds:
            server = Server(self)
            self.assertEqual(server.post({"user_id": "a"}).status, 422)
            before, spent = server.meter.restart(), server.processor_seconds
            answer = server.post(body, kind, timeout=20)
            spent = server.processor_seconds - spent
            growth = server.meter.peak - before
            self.saw(f"{kind.removeprefix('application/')}: {answer}, {max(0, spent):.1f} s of a "
                     f"processor, +{megabytes(growth)}")
            if server.trouble:
                problems.append(server.trouble)
            elif answer.status not in (400, 422):
                problems.append(f"expected 400 or 422, not {answer.status or 'silence'}")
            elif spent >= PROCESSOR_SECONDS_MAX or answer.seconds >= SECONDS_MAX:
                problems.append(f"expected less than {PROCESSOR_SECONDS_MAX} s of a processor "
                                f"and an answer within {SECONDS_MAX} s")
            if growth >= GROWTH_MAX:
                problems.append(f"expected less than {megabytes(GROWTH_MAX)} more memory")
            server.kill()
            if problems:
                break  # One kind is enough; each may take a while.
        self.harmless(problems)

    @attack("C2", "]×n and [×n, 300 kB")
    def test_unbalanced_brackets(self):
        self.refused(unbalanced(150_000))

    @attack("C2", "]×n and [×n, 1 MiB")
    def test_a_mebibyte_of_unbalanced_brackets(self):
        self.refused(unbalanced(JSON_BYTES_MAX // 2), KINDS[:1])

    @attack("F1, C2", "}×n and {×n, 300 kB")
    def test_unbalanced_braces(self):
        self.refused(b"}" * 150_000 + b"{" * 150_000, KINDS[:1])

    @attack("F1", "key of 512 KiB over objects with a repeated key")
    def test_repeated_keys_under_a_long_key(self):
        self.refused(under_key('{"":1,"":1}'))

    @attack("F1", "key of 512 KiB over {::}")
    def test_objects_that_are_none_under_a_long_key(self):
        self.refused(under_key("{::}"))

    @attack("F1", "key of 512 KiB over {}")
    def test_empty_objects_under_a_long_key(self):
        self.refused(under_key("{}"))

    @attack("F1", "key of 512 KiB over []")
    def test_empty_arrays_under_a_long_key(self):
        self.refused(under_key("[]"), KINDS[:1])

    @attack("C2", "key of 130 kB over 60,000 objects with a repeated key")
    def test_repeated_keys_under_a_key_of_legal_depth(self):
        self.refused(filled('{"' + "k" * 130_000 + '":[', '{"a":1,"a":1}', "]}"), KINDS[:1])

    @attack("F1", "60 long keys one in another over many objects")
    def test_many_levels_of_long_keys(self):
        key = '{"' + "k" * 8_000 + '":'
        self.refused(filled(key * 60 + "[", "{}", "]" + "}" * 60), KINDS[:1])


class Lines(Case):
    """Lines that are legal in size and take long to judge."""

    # A supervisor that asks each five seconds must never miss an answer.
    WAIT_MAX = 3

    def others_are_served(self, body, count=2):
        self.shop()
        server = Server(self)
        kind = "application/x-ndjson"
        before = server.meter.restart()
        uploads = Background(*[lambda: server.post(body, kind, timeout=60)] * count)
        ready = Probe(server, "/readyz", timeout=60)
        twins = Probe(server, "/v1/twins/customer-0003", timeout=60)
        answers = uploads.wait(60)
        for probe in (ready.stop(), twins.stop()):
            self.saw(probe.figures)
        growth = server.meter.peak - before
        self.saw(f"uploads: {', '.join(map(str, answers))}, +{megabytes(growth)}")
        self.harmless([
            server.trouble,
            *(f"{probe.path} waited {probe.worst:.1f} s; expected less than {self.WAIT_MAX} s"
              for probe in (ready, twins) if probe.worst >= self.WAIT_MAX),
            *(f"a read answered {answer.status or 'nothing'}" for answer in
              ready.answers + twins.answers if answer.status != 200),
            *("an upload was not answered within 60 s" for answer in answers
              if not answer or not answer.status),
        ])

    @attack("F5", "two bodies of 16 MiB, 82,000 keys a line", slow=True)
    def test_lines_of_many_keys(self):
        line = "{" + ",".join(f'"{key:x}":1.5' for key in range(82_000)) + "}\n"
        line = line if len(line) < JSON_BYTES_MAX else filled_line(JSON_BYTES_MAX - 64)
        self.others_are_served((line * (LINES_BYTES_MAX // len(line))).encode())

    @attack("F5", "two bodies of 15 MB, cities of 1 MB")
    def test_cities_without_end(self):
        line = ('{"user_id":"u","item_id":"i","type":"view","timestamp":1767225600,"city":"a'
                + "1" * 1_000_000 + '"}\n')
        self.others_are_served((line * 15).encode())

    @attack("F5", "two bodies of 16 MiB of line ends")
    def test_line_ends(self):
        self.others_are_served(b"\n" * LINES_BYTES_MAX)


def filled_line(size):
    """An object of as many keys as fit into a line."""
    parts, length, key = [], 2, 0
    while length < size:
        parts.append(f'"{key:x}":1.5')
        length += len(parts[-1]) + 1
        key += 1
    return "{" + ",".join(parts[:-1]) + "}\n"
