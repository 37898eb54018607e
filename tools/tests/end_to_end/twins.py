"""One twin, and the days around it."""

import json
import os
import pathlib

from .support import HEADER, Case


class OneTwin(Case):
    """What can be done with the twin of one customer."""

    def prepare(self):
        header = HEADER.strip() + ",query,session_id\n"
        self.file("e.csv", header + "\n".join([
            "1,ann,tea,purchase,2026-01-01T10:00:00Z,,s-of-ann",
            "2,ann,cup,view,2026-01-01T10:01:00Z,,s-of-ann",
            "3,ann,,search,2026-02-01T10:00:00Z,a very private wish,s2",
            '4,ann,"say ""tea"" é 👩",purchase,2026-02-01T10:05:00.250Z,,s2',
            "5,bob,tea,view,2026-02-02T10:00:00Z,,s-of-bob"]) + "\n")
        self.succeed("ingest", "e.csv")

    def test_diff_and_show_look_into_the_past(self):
        self.prepare()
        diff = json.loads(self.succeed("twin", "diff", "ann", "--from", "2026-01-15", "--json"))
        self.assertEqual(diff["event_count"], 2)
        changes = {(entry["from"], entry["type"]): entry["change"] for entry in diff["edges"]}
        self.assertEqual(changes['say "tea" é 👩', "PURCHASED"], "new")
        self.assertEqual(changes["tea", "PURCHASED"], "faded")
        text = self.succeed("twin", "diff", "ann", "--from", "2026-01-15", "-n", 1)
        self.assertIn("2 events in between", text)
        self.assertIn("raise -n", text)
        past = json.loads(
            self.succeed("twin", "show", "ann", "--as-of", "2026-01-15", "--json"))[0]
        self.assertEqual((past["event_count"], past["searches"]), (2, []))
        self.assertIn("Nothing was known",
                      self.succeed("twin", "show", "ann", "--as-of", "2025-01-01"))
        for bad in (["--from", "then"], ["--from", "2027-01-01"],
                    ["--from", "2026-02-01", "--to", "2026-01-01"]):
            self.assertEqual(self.foretwin("twin", "diff", "ann", *bad).returncode, 64, bad)

    def test_an_exported_twin_is_the_same_when_its_events_are_ingested(self):
        self.prepare()
        self.succeed("twin", "export", "ann", "--to", "ann")
        folder = pathlib.Path(self.folder, "ann")
        self.assertEqual(folder.stat().st_mode & 0o777, 0o700)
        files = sorted(folder.iterdir())
        self.assertEqual([file.name for file in files],
                         ["events.jsonl", "graph.graphml", "twin.json"])
        for file in files:
            self.assertEqual(file.stat().st_mode & 0o777, 0o600, file)
        self.assertNotIn("s-of-bob", (folder / "events.jsonl").read_text("utf-8"))
        shown = self.succeed("twin", "show", "ann", "--json")
        self.assertEqual((folder / "twin.json").read_text("utf-8"), shown)
        self.succeed("ingest", "ann/events.jsonl", "--store", "other")
        self.assertEqual(self.succeed("twin", "show", "ann", "--json", "--store", "other"), shown)
        again = json.loads(self.succeed("ingest", "ann/events.jsonl", "--json"))
        self.assertEqual((again["added"], again["duplicates"]), (0, 4))
        self.assertEqual(self.foretwin("twin", "export", "ann", "--to", "ann").returncode, 1)
        self.assertEqual(self.foretwin("twin", "export", "eve", "--to", "eve").returncode, 1)
        self.assertFalse(os.path.exists(f"{self.folder}/eve"))

    def test_erasing_leaves_nothing_behind(self):
        self.prepare()
        data = pathlib.Path(self.folder, "graph-data/store/data.mdb")
        self.assertIn(b"a very private wish", data.read_bytes())
        asked = self.foretwin("twin", "erase", "ann", stdin="yes\n")
        self.assertEqual(asked.returncode, 1)
        self.assertIn("ann: 4 events", asked.stderr)
        self.assertIn("--yes", asked.stderr)
        self.assertIn("4 events", self.succeed("twin", "show", "ann"), "nothing was erased")
        receipt = json.loads(self.succeed("twin", "erase", "ann", "--yes", "--json"))
        self.assertEqual(receipt["erased"][0]["events"], 4)
        self.assertEqual(receipt["erased"][0]["searches_and_cities"], 1)
        self.assertTrue(receipt["is_compacted"])
        left = data.read_bytes()
        self.assertNotIn(b"a very private wish", left)
        self.assertNotIn(b"s-of-ann", left)
        self.assertIn(b"s-of-bob", left)
        self.assertIn("was erased", self.succeed("twin", "show", "ann"))
        self.assertIn("1 events", self.succeed("twin", "show", "bob"))
        late = json.loads(self.succeed("ingest", "e.csv", "--json"))
        self.assertEqual((late["added"], late["rejected_by_reason"]), (0, {"customer was erased": 4}))
        self.succeed("verify")
        self.assertIn("can be found", self.succeed("twin", "erase", "bob", "--yes", "--no-compact"))


class Context(Case):
    """Feeds of the days around customers, and what each customer agrees to."""

    WEATHER = {
        "latitude": 52.52, "longitude": 13.419998,
        "daily_units": {"time": "iso8601", "temperature_2m_mean": "°C",
                        "precipitation_sum": "mm"},
        "daily": {"time": ["2026-03-01", "2026-03-02", "2026-03-03"],
                  "temperature_2m_mean": [4.5, None, -3], "precipitation_sum": [0, 1, 12.5]}}
    CALENDAR = "\r\n".join([
        "BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:may", "SUMMARY:May Day",
        "DTSTART;VALUE=DATE:20240501", "RRULE:FREQ=YEARLY", "END:VEVENT",
        "BEGIN:VEVENT", "SUMMARY:no uid", "DTSTART:20260501", "END:VEVENT", "END:VCALENDAR", ""])

    def prepare(self):
        self.file("e.csv", HEADER + "1,ann,tea,view,2026-03-01\n2,bob,cup,view,2026-03-02\n")
        self.succeed("ingest", "e.csv")
        self.file("berlin.json", json.dumps(self.WEATHER))
        self.file("days.ics", self.CALENDAR)
        self.file("trends.csv", "category,city,day,level\nTea,Berlin,2026-03-01,1.7\n"
                                "Tea,,2026-03-01,0\n")
        self.file("offers.csv", "item_id,city,first_day,last_day,price\n"
                                "tea,,2026-03-01,2026-03-07,1.99\n")

    def refuse(self, expected, *arguments, code=64):
        result = self.foretwin(*arguments)
        self.assertEqual(result.returncode, code, f"{arguments}: {result.stderr}")
        self.assertIn(expected, result.stderr)

    def known(self, *arguments):
        rows = json.loads(self.succeed("context", "show", "--json", *arguments))
        return {(row["kind"], row.get("city")): (row["entries"], row["missing_days"]) for row in rows}

    def test_feeds_come_in_are_kept_and_go(self):
        self.prepare()
        self.assertIn("Nothing is known", self.succeed("context", "show"))
        text = self.succeed("context", "add", "berlin.json", "--city", "Berlin")
        self.assertIn("weather, 2 days from 2026-03-01 to 2026-03-03, 1 day without values", text)
        text = self.succeed("context", "add", "days.ics", "trends.csv", "offers.csv")
        self.assertIn("events, 8 events from 2024-05-01 to 2031-05-01, 1 rejected", text)
        self.assertIn("line 8, rejected: required value missing: UID", text)
        self.assertIn("line 3, rejected: unreadable number: level is 0.0", text)
        everything = {("weather", "Berlin"): (2, 1), ("events", None): (8, 0),
                      ("trends", "Berlin"): (1, 0), ("offers", None): (1, 0)}
        self.assertEqual(self.known(), everything)
        self.assertEqual(set(self.known("--city", "Berlin")),
                         {("weather", "Berlin"), ("trends", "Berlin")})
        self.assertRegex(self.succeed("context", "show"), "2026-03-03 +2 days")
        # The same again replaces what is there, and every way of keeping data keeps it.
        self.succeed("context", "add", "days.ics")
        self.succeed("backup", "kept.mdb")
        self.succeed("compact")
        self.succeed("verify")
        self.assertEqual(self.known(), everything)
        self.assertIn("Removed: weather of Berlin, 2 days.",
                      self.succeed("context", "remove", "--kind", "weather", "--city", "Berlin"))
        self.assertIn("nothing to remove",
                      self.succeed("context", "remove", "--kind", "weather"))
        del everything["weather", "Berlin"]
        self.assertEqual(self.known(), everything)
        data = pathlib.Path(self.folder, "graph-data/store/data.mdb").read_bytes()
        self.assertNotIn(b"13.41", data)

    def test_what_cannot_be_added_is_said_in_a_sentence(self):
        self.refuse("There is no store", "context", "show")
        self.prepare()
        self.refuse("Give --city", "context", "add", "berlin.json")
        self.refuse("use a city's name", "context", "add", "berlin.json", "--city", "52.5,13.4",
                    code=1)
        self.refuse("Leave --city out", "context", "add", "trends.csv", "--city", "Berlin")
        self.refuse("--event-kind is for events", "context", "add", "offers.csv",
                    "--event-kind", "fair")
        self.refuse("There is no file", "context", "add", "none.ics", code=1)
        self.refuse("The kind of the feeds in e.csv is unknown", "context", "add", "e.csv", code=1)
        self.refuse("lacks category, day, level", "context", "add", "e.csv", "--kind", "trends",
                    code=1)
        self.file("hot.json", json.dumps(self.WEATHER).replace("4.5", "71"))
        self.refuse("hot.json, 2026-03-01: the temperature is 71.0 °C", "context", "add",
                    "hot.json", "--city", "Berlin", code=1)
        self.assertEqual(self.known(), {})

    def test_consent_lies_with_the_twin(self):
        self.prepare()
        usual = {"allowed": ["weather", "trends"], "forbidden": ["events"]}
        chosen = {"allowed": ["events"], "forbidden": ["weather", "trends"]}

        def consent(*arguments):
            return json.loads(self.succeed("twin", "consent", *arguments, "--json"))

        self.assertEqual(consent("ann"), usual)
        self.assertEqual(
            consent("ann", "--allow", "events", "--forbid", "weather, trends"), chosen)
        self.assertEqual(consent("bob"), usual)
        self.file("late.csv", HEADER + "3,ann,cup,view,2026-01-01\n")
        self.succeed("ingest", "late.csv")
        self.succeed("compact")
        self.assertEqual(consent("ann"), chosen)
        self.assertIn("context may be read: events; may not: weather, trends",
                      self.succeed("twin", "show", "ann"))
        self.succeed("twin", "export", "ann", "--to", "ann")
        exported = json.loads(pathlib.Path(self.folder, "ann/twin.json").read_text("utf-8"))
        self.assertEqual(exported[0]["consent"], chosen)
        self.refuse("does not know this customer", "twin", "consent", "eve", "--allow", "events",
                    code=66)
        self.assertIn("does not know this customer", self.succeed("twin", "consent", "eve"))
        self.refuse("both in --allow and in --forbid", "twin", "consent", "ann", "--allow",
                    "events", "--forbid", "events")
        self.refuse("--allow has 'dreams'", "twin", "consent", "ann", "--allow", "dreams")
        self.succeed("twin", "erase", "ann", "--yes")
        self.refuse("was erased", "twin", "consent", "ann", "--allow", "events", code=1)
        self.assertEqual(consent("ann")["allowed"], [])
