"""Data that would control the terminal of who reads it.

Output for programs (--json) is left out: JSON has rules of its own for such letters.
"""

import json

from .support import HEADER, Case, attack, event

TITLE = "\u001b]0;pwned\u0007\u001b[2J\u001b[31m"
C1 = "\u009b31m\u009d0;pwned\u009c"
BIDI = "\u202e\u2066\u200f\u061c"
HOSTILE = TITLE + C1 + BIDI


def is_control(letter):
    code = ord(letter)
    return (code < 0x20 and letter not in "\n\t") or 0x7F <= code <= 0x9F \
        or letter in "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def controls(text):
    """The control characters in a text, each once."""
    return sorted({f"U+{ord(letter):04X}" for letter in text if is_control(letter)})


class Terminal(Case):
    def quiet(self, *commands, must_work=True):
        """Runs commands and looks at all they print, on both outputs."""
        problems, worked = [], 0
        for command in commands:
            result = self.run_program(*command)
            found = controls(result.text)
            worked += result.code == 0
            name = " ".join(map(str, command[:2]))
            if found:
                problems.append(f"{name} prints {', '.join(found[:6])}")
            if result.code is None or result.code < 0:
                problems.append(f"{name}: {result}")
        self.saw(f"{len(commands)} commands, {worked} of them with code 0")
        if must_work and not worked:
            raise RuntimeError("no command worked")
        self.harmless(problems)

    def hostile_names(self):
        """The shop, with names, categories and brands that hold control characters."""
        self.shop()
        # What the program refuses in items it may refuse; what it takes it must not print raw.
        with open(self.folder / "items.jsonl", "w", encoding="utf-8") as out:
            for n in range(1, 61):
                own = [TITLE, C1, BIDI][n % 3]
                out.write(json.dumps({
                    "item_id": f"item-{n:04}", "name": f"{own}name {n}",
                    "category": f"{own}category {n % 5}", "brand": f"{own}brand",
                    "description": f"{own}text"}) + "\n")
        return ("ingest", "shop/events.csv", "--items", "items.jsonl")

    @attack("F15", "names of items: ingest, recommend, simulate, what-if, twin show and diff")
    def test_names_of_items(self):
        ingest = self.hostile_names()
        self.quiet(
            ingest, ("recommend", "customer-0003", "--paths", 50),
            ("simulate", "customer-0003", "--paths", 20), ("twin", "show", "customer-0003"),
            ("twin", "diff", "customer-0003", "--from", "2026-02-01"),
            ("what-if", "--unavailable", "item-0003", "--paths", 5),
            ("report", "customer-0003", "-o", "page.html"))

    @attack("F15", "names of items: graph commands")
    def test_names_in_graphs(self):
        ingest = self.hostile_names()
        self.quiet(
            ingest, ("graph", "stats"), ("graph", "node", "item-0003"),
            ("graph", "neighbours", "item-0003"), ("graph", "neighbours", "item-0003", "--hops", 2),
            ("graph", "path", "item-0003", "item-0004"),
            ("graph", "top", "me", "--twin", "customer-0003"),
            ("graph", "find", "--label", "item", "--property", "name", "--from", "\u0001"),
            ("graph", "find", "--label", "item"))

    def hostile_events(self):
        lines = []
        for n, own in enumerate([C1, BIDI, TITLE, HOSTILE]):
            for field, value in (("item_id", f"i{own}"), ("type", f"v{own}"),
                                 ("city", f"Wien{own}"), ("query", f"tea{own}"),
                                 ("session_id", f"s{own}"), ("timestamp", f"2026{own}"),
                                 ("quantity", f"2{own}"), ("shelf", f"top{own}"),
                                 (f"shelf{own}", "top")):
                one = event(f"t{n}-{field[:5]}", "ann", "tea", moment=1_772_000_000 + len(lines))
                if field == "query":
                    one.update(type="search", item_id="")
                lines.append(json.dumps({**one, field: value}))
        lines.append(json.dumps(event(f"x{HOSTILE}", f"user{C1}", "tea")))
        lines.append("{" + HOSTILE)
        return "\n".join(lines) + "\n"

    @attack("F15", "events that are rejected, in JSON Lines")
    def test_rejected_lines(self):
        self.file("events.jsonl", self.hostile_events())
        self.quiet(("ingest", "events.jsonl"))

    @attack("F15", "events that are rejected, in CSV")
    def test_rejected_rows(self):
        rows = [f"1,ann,tea,v{TITLE}t,2026-01-01", f"2,ann,tea{TITLE},view,2026-01-01",
                f"3,ann,tea,view,2026{TITLE}", f"4,an{TITLE}n,tea,view,2026-01-01",
                f"5,ann,tea,{C1},2026-01-01", "6,ann,tea,view,2026-01-01"]
        self.file("events.csv", HEADER + "\n".join(rows) + "\n")
        self.quiet(("ingest", "events.csv"))

    @attack("F15", "ids, cities and searches of events that were taken")
    def test_events_that_were_taken(self):
        self.shop()
        self.file("events.jsonl", self.hostile_events())
        self.quiet(
            ("ingest", "events.jsonl"), ("twin", "show", "ann"),
            ("twin", "diff", "ann", "--from", "2026-01-01"), ("recommend", "ann", "--paths", 20),
            ("simulate", "ann", "--paths", 20), ("graph", "top", "me", "--twin", "ann"),
            ("graph", "neighbours", "me", "--twin", "ann"), ("graph", "stats", "--twin", "ann"))

    @attack("F15", "what users type: customers, items, files and stores")
    def test_arguments(self):
        self.shop()
        bad = f"x{TITLE}{C1}{BIDI}"
        self.quiet(
            ("recommend", bad, "--paths", 10), ("twin", "show", bad), ("twin", "consent", bad),
            ("graph", "node", bad), ("ingest", bad), ("graph", "node", "item-0001", "--store", bad),
            ("what-if", "--price", f"{bad}=-10%"), ("what-if", "--unavailable", bad),
            ("models", "promote", bad), ("recommend", "customer-0003", "--model-version", bad))

    @attack("F15", "calendars, trends and offers")
    def test_feeds(self):
        self.shop()
        self.file("events.ics", "BEGIN:VCALENDAR\r\n" + "".join(
            f"BEGIN:VEVENT\r\nUID:u{n}{own}\r\nSUMMARY:day{own}\r\nCATEGORIES:kind{own}\r\n"
            f"DTSTART;VALUE=DATE:2026050{n + 1}\r\nRRULE:FREQ={own}\r\nEND:VEVENT\r\n"
            for n, own in enumerate([TITLE, C1, BIDI])) + "END:VCALENDAR\r\n")
        self.file("trends.csv", "category,city,day,level\n" + "".join(
            f"tea{own},Wien,2026-05-01,x{own}\ntea{own},,2026-05-01,1.5\n"
            for own in (TITLE, C1, BIDI)))
        self.file("offers.csv", "item_id,city,first_day,last_day,price\n" + "".join(
            f"item-0001{own},,2026-05-01,2026-05-02,1\nitem-0001,W{own},2026-05-01,{own},1\n"
            for own in (TITLE, C1, BIDI)))
        self.quiet(("context", "add", "events.ics"), ("context", "add", "trends.csv"),
                   ("context", "add", "offers.csv"), ("context", "show"))

    @attack("F15", "graphs of other programs")
    def test_imported_graphs(self):
        head = {"foretwin": "property graph", "version": 1, "labels": [f"L{C1}", "M"],
                "edgeTypes": [f"E{BIDI}"]}
        nodes = [{"node": [f"L{C1}", f"a{C1}{BIDI}"], "graph": 0,
                  "properties": {f"p{C1}": f"v{BIDI}{TITLE}"}},
                 {"node": ["M", f"b{C1}"], "graph": 0, "properties": {}},
                 {"edge": f"E{BIDI}", "from": [f"L{C1}", f"a{C1}{BIDI}"], "to": ["M", f"b{C1}"],
                  "graph": 0, "weight": 1.5, "count": 1, "first": 0, "last": 0,
                  "properties": {}}]
        self.file("graph.jsonl", "".join(json.dumps(one) + "\n" for one in [head, *nodes]))
        self.file("graph.graphml",
                  '<?xml version="1.0" encoding="UTF-8"?>'
                  '<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
                  '<key id="n" for="node" attr.name="name" attr.type="string"/>'
                  f'<graph id="0" edgedefault="directed"><node id="Item:a{C1}{BIDI}">'
                  f'<data key="n">v{C1}{BIDI}</data></node></graph></graphml>')
        self.quiet(("graph", "import", "graph.graphml", "--into", "made"),
                   ("graph", "import", "graph.jsonl", "--into", "other"),
                   ("graph", "stats", "--store", "other"),
                   ("graph", "node", f"a{C1}{BIDI}", "--store", "other"),
                   ("graph", "neighbours", f"a{C1}{BIDI}", "--store", "other"),
                   ("graph", "top", f"a{C1}{BIDI}", "--store", "other"),
                   ("graph", "path", f"a{C1}{BIDI}", f"b{C1}", "--store", "other"),
                   ("graph", "stats", "--store", "made"),
                   ("graph", "node", f"a{C1}{BIDI}", "--store", "made"),
                   ("graph", "neighbours", f"a{C1}{BIDI}", "--store", "made"),
                   must_work=False)
