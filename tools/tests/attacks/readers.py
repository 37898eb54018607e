"""Files that make memory grow with what they hold."""

import random

from .support import Case, attack, megabytes


class Memory(Case):
    """Peaks of a small and of a four times larger file; what is bounded hardly differs."""

    def bounded(self, make, run, small, limit, may_grow=False):
        peaks, seconds = [], []
        for number, count in enumerate((small, 4 * small)):
            name = make(count)
            result = run(name, number)
            peaks.append(result.peak)
            seconds.append(result.seconds)
            self.saw(f"{count:,}: {result}, {megabytes(result.peak)}, {result.seconds:.1f} s, "
                     f"{len(result.text):,} bytes printed")
            if result.code is None or result.code < 0:
                self.fail("expected the command to end by itself")
            if len(result.text) > 100_000:
                self.fail("expected less than 100,000 bytes of messages")
        self.harmless([
            f"expected less than {megabytes(limit)}" if peaks[1] > limit else "",
            "expected memory that does not grow with the file"
            if peaks[1] > 1.6 * peaks[0] + 50_000_000 and not may_grow else ""])

    @attack("F21", "JSON Lines with fresh keys on each line", slow=True)
    def test_fresh_keys(self):
        dice = random.Random(21)

        def make(lines):
            with open(self.folder / "keys.jsonl", "w", encoding="utf-8") as out:
                for _ in range(lines):
                    keys = ",".join(f'"{dice.getrandbits(60):x}":1' for _ in range(20_000))
                    out.write("{" + keys + "}\n")
            return "keys.jsonl"
        self.bounded(make, lambda name, n: self.run_program(
            "ingest", name, "--store", f"store-{n}/store", timeout=70), 20, 200_000_000)

    @attack("F21", "JSON Lines with fresh keys of 100 kB", slow=True)
    def test_long_fresh_keys(self):
        def make(lines):
            with open(self.folder / "keys.jsonl", "w", encoding="utf-8") as out:
                for n in range(lines):
                    keys = ",".join(f'"{n}-{k}-{"k" * 100_000}":1' for k in range(8))
                    out.write('{"event_id":"%d","user_id":"u","item_id":"i","type":"view",'
                              '"timestamp":1767225600,%s}\n' % (n, keys))
            return "keys.jsonl"
        self.bounded(make, lambda name, n: self.run_program(
            "ingest", name, "--store", f"store-{n}/store", timeout=70), 60, 150_000_000)

    @attack("F21", "items in JSON Lines with fresh keys", slow=True)
    def test_fresh_keys_of_items(self):
        def make(lines):
            with open(self.folder / "items.jsonl", "w", encoding="utf-8") as out:
                for n in range(lines):
                    keys = ",".join(f'"{n}-{k}-{"k" * 100_000}":1' for k in range(8))
                    out.write('{"item_id":"i%d","name":"n",%s}\n' % (n, keys))
            return "items.jsonl"
        self.bounded(make, lambda name, n: self.run_program(
            "ingest", "--items", name, "--store", f"store-{n}/store", timeout=70),
            60, 150_000_000)

    @attack("F21", "GraphML whose <key> holds elements without end")
    def test_elements_in_a_key(self):
        def make(count):
            with open(self.folder / "big.graphml", "w", encoding="utf-8") as out:
                out.write('<?xml version="1.0"?>'
                          '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
                          '<key id="d" for="node" attr.name="a" attr.type="string">')
                for _ in range(count // 1000):
                    out.write("<x/>" * 1000)
                out.write("</key></graphml>")
            return "big.graphml"
        self.bounded(make, lambda name, n: self.run_program(
            "graph", "import", name, "--into", f"made-{n}", timeout=70), 2_000_000, 200_000_000)

    @attack("F21", "a calendar of events that are each remarked on")
    def test_remarks_of_calendars(self):
        self.shop()

        def make(count):
            with open(self.folder / "bad.ics", "w", encoding="utf-8") as out:
                out.write("BEGIN:VCALENDAR\r\n")
                for n in range(count):
                    out.write(f"BEGIN:VEVENT\r\nUID:u{n % 100}\r\nDTSTART;VALUE=DATE:20260501\r\n"
                              "RDATE:20260502\r\nEND:VEVENT\r\n")
                out.write("END:VCALENDAR\r\n")
            return "bad.ics"
        self.bounded(make, lambda name, n: self.run_program("context", "add", name, timeout=70),
                     60_000, 250_000_000)

    @attack("F21", "weather of 60 MB of JSON")
    def test_great_weather(self):
        self.shop()

        def make(count):
            values = ",".join(["1.5"] * count)
            (self.folder / "weather.json").write_text(
                '{"daily_units":{"temperature_2m_mean":"°C",'
                '"precipitation_sum":"mm"},"daily":{"time":["2026-01-01"],'
                '"temperature_2m_mean":[1.5],"precipitation_sum":[0],"more":[%s]}}' % values,
                "utf-8")
            return "weather.json"
        # A file has a greatest size, and is read as a whole: it may take some times that size.
        self.bounded(make, lambda name, n: self.run_program(
            "context", "add", name, "--city", "Wien", timeout=70), 3_700_000, 400_000_000,
            may_grow=True)
