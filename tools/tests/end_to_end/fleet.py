"""All twins are simulated at once."""

import collections
import csv
import json
import os
import pathlib
import subprocess
import time
import xml.etree.ElementTree

from . import settings
from .support import HEADER, KEY, Case


class Fleet(Case):
    """All twins are simulated, in one go or in several."""

    def simulate(self, *options, **more):
        return self.foretwin(
            "simulate", "--all", "--paths", 20, "--horizon", 14, "--threads", 1, *options, **more)

    def test_all_twins_in_one_go_in_parts_and_after_an_early_end(self):
        self.succeed("generate-shop", "--customers", 150, "--items", 40, "--days", 60)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        self.succeed("train", "--epochs", 1, "--width", 8)
        self.assertEqual(self.simulate("--output", "whole.jsonl", "--threads", 2).returncode, 0)
        text = pathlib.Path(self.folder, "whole.jsonl").read_text("utf-8")
        rows = [json.loads(line) for line in text.splitlines()]
        twins = {row["customer_key"] for row in rows}
        self.assertGreater(len(twins), 100)
        self.assertFalse(any("customer-" in twin for twin in twins))
        items = {line.split(",")[0] for line in
                 pathlib.Path(self.folder, "shop/items.csv").read_text("utf-8").splitlines()}
        for row in rows:
            self.assertTrue(0 <= row["low"] <= row["probability"] <= row["high"] <= 1)
            self.assertGreaterEqual(row["expected_count"], row["probability"] - 1e-9)
            self.assertTrue(
                row["as_of"] <= row["first_time_p10"] <= row["first_time_p50"]
                <= row["first_time_p90"])
            self.assertIn(row["item_id"], items)
        parts = []
        for part in range(1, 4):
            name = f"part-{part}.jsonl"
            self.assertEqual(
                self.simulate("--output", name, "--shard", f"{part}/3").returncode, 0)
            parts += pathlib.Path(self.folder, name).read_text("utf-8").splitlines()
        self.assertEqual(sorted(parts), sorted(text.splitlines()))
        self.assertEqual(
            self.simulate("--output", "summed.jsonl", "--demand", "demand.csv").returncode, 0)
        self.assertEqual(pathlib.Path(self.folder, "summed.jsonl").read_text("utf-8"), text)
        demand = pathlib.Path(self.folder, "demand.csv").read_bytes()
        self.demand_adds_up(demand.decode("utf-8"), rows)
        self.killed_and_gone_on_with(text, demand)
        self.pages_and_figures(twins)

    def next_twin(self, state):
        """The first twin that a run has not done; None if it has not begun, or is done."""
        try:
            return json.loads(state.read_text("utf-8"))["next"]
        except FileNotFoundError:
            return None

    def kill_under_way(self, state):
        """Kills a run after its first twins; False if it was faster than the signal."""
        process = subprocess.Popen(
            [settings.program, "simulate", "--all", "--paths", "20", "--horizon", "14",
             "--threads", "1", "--output", "cut.jsonl", "--demand", "cut.csv"],
            cwd=self.folder, env={**os.environ, "FORETWIN_KEY": KEY},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            limit = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < limit:
                if self.next_twin(state):
                    break
                time.sleep(0.001)
        finally:
            process.kill()
            process.wait(timeout=30)
        return bool(self.next_twin(state))

    def demand_adds_up(self, text, rows):
        """All is the sum of categories and of items; parts of a run add up to the whole."""
        def read(text):
            return {(row["level"], row["item_id"], row["category"], int(row["day"])):
                    (float(row["expected"]), float(row["standard_deviation"]) ** 2)
                    for row in csv.DictReader(text.splitlines())}
        whole = read(text)
        days = {key[3] for key in whole}
        self.assertEqual(days, set(range(15)))
        for day in days:
            total = whole[("all", "", "", day)][0]
            for level in ("category", "item"):
                part = sum(value[0] for key, value in whole.items()
                           if key[0] == level and key[3] == day)
                self.assertAlmostEqual(part, total, places=6)
        # The lines hold the likeliest items of each customer, which are nearly all.
        listed = sum(row["expected_count"] for row in rows)
        self.assertLessEqual(listed, whole[("all", "", "", 0)][0] + 1e-6)
        added = collections.defaultdict(lambda: (0.0, 0.0))
        for part in (1, 2):
            name = f"demand-{part}.csv"
            self.assertEqual(
                self.simulate("--output", f"half-{part}.jsonl", "--demand", name,
                              "--shard", f"{part}/2").returncode, 0)
            for key, value in read(pathlib.Path(self.folder, name).read_text("utf-8")).items():
                added[key] = tuple(a + b for a, b in zip(added[key], value))
        self.assertEqual(set(added), set(whole))
        for key, value in whole.items():
            for a, b in zip(added[key], value):
                self.assertAlmostEqual(a, b, places=6)

    def pages_and_figures(self, twins):
        self.succeed("report", "--fleet", "half-1.jsonl", "half-2.jsonl", "--demand",
                     "demand-1.csv", "demand-2.csv", "--before", "whole.jsonl",
                     "--demand-before", "demand.csv", "-o", "fleet.html", "--csv", "fleet.csv")
        page = pathlib.Path(self.folder, "fleet.html").read_text("utf-8")
        xml.etree.ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
        for banned in ("http:", "https:", "<script", "url("):
            self.assertNotIn(banned, page)
        self.assertIn("Need dates", page)
        report = json.loads(self.succeed(
            "report", "--fleet", "whole.jsonl", "--before", "half-1.jsonl", "--json"))
        self.assertEqual(report["twins"], len(twins))
        self.assertEqual(report["change"]["gone_twins"], 0)
        self.assertGreater(report["change"]["new_twins"], 0)
        with open(f"{self.folder}/fleet.csv", encoding="utf-8") as file:
            lists = {row["list"] for row in csv.DictReader(file)}
        self.assertLessEqual({"purchases", "category_by_day", "item", "change_item"}, lists)
        text = pathlib.Path(self.folder, "whole.jsonl").read_text("utf-8")
        self.file("bad.jsonl", text[:len(text) // 2])
        self.file("other.csv", "a,b\n1,2\n")
        line = text[:len(text) // 2].count("\n") + 1
        for options, part in (
                (["--fleet", "bad.jsonl"], f"line {line}: "),
                (["--fleet", "demand.csv"], "line 1: "),
                (["--fleet", "none.jsonl"], "There is no file none.jsonl"),
                (["--fleet", "whole.jsonl", "--demand", "other.csv"], "does not begin"),
                (["somebody", "--fleet", "whole.jsonl"], "Give either customers or --fleet"),
                ([], "Give either customers or --fleet"),
                (["somebody", "--json"], "need --fleet")):
            answer = self.foretwin("report", *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
            self.assertNotIn("Fatal", answer.stderr)

    def killed_and_gone_on_with(self, whole, demand):
        state = pathlib.Path(self.folder, "cut.jsonl.state")
        self.assertTrue(
            any(self.kill_under_way(state) for _ in range(20)), "no run could be killed")
        for options in (["--demand", "cut.csv", "--seed", 8], []):
            other = self.simulate("--output", "cut.jsonl", *options)
            self.assertNotEqual(other.returncode, 0)
            self.assertIn("other settings", other.stderr)
        # Newer events do not move the moment from which a run that goes on looks.
        self.succeed("ingest", "-", "--format", "csv", stdin=HEADER
                     + "late,customer-0001,item-0001,view,2026-03-02T23:59:59Z\n")
        self.assertEqual(
            self.simulate("--output", "cut.jsonl", "--demand", "cut.csv").returncode, 0)
        self.assertEqual(pathlib.Path(self.folder, "cut.jsonl").read_text("utf-8"), whole)
        self.assertEqual(pathlib.Path(self.folder, "cut.csv").read_bytes(), demand)
        self.assertFalse(state.exists())

    def test_what_cannot_be_asked(self):
        for options, part in (
                ([], "Give either a customer or --all"),
                (["somebody", "--all"], "Give either a customer or --all"),
                (["--all", "--shard", "4/3"], "--shard is '4/3'"),
                (["--all", "--json"], "for one customer"),
                (["--all", "--demand", "d.csv", "--paths", 1], "2 or more"),
                (["--all", "--threads", 0], "--threads"),
                (["--all", "--threads", 9223372036854775807], "--threads"),
                (["somebody", "--count", 3], "need --all")):
            answer = self.foretwin("simulate", *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
