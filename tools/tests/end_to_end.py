"""Runs the built program the way its users do: the demo, bad input, crashes, the server.

Usage: end_to_end.py PROGRAM [unittest arguments]
"""

import collections
import csv
import datetime
import hashlib
import json
import math
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
import xml.etree.ElementTree

PROGRAM = ""
SEED = int(os.environ.get("FORETWIN_TEST_SEED", "20260301"))
KEY = "00112233445566778899aabbccddeeff" * 2
HEADER = "event_id,user_id,item_id,type,timestamp\n"


def run(*arguments, cwd, stdin=None, timeout=300):
    """Runs the program and returns what it did; never waits longer than the timeout."""
    environment = {**os.environ, "FORETWIN_KEY": KEY}
    return subprocess.run(
        [PROGRAM, *map(str, arguments)], cwd=cwd, input=stdin, text=True, timeout=timeout,
        capture_output=True, env=environment, check=False)


def digest(folder):
    """The hash of every file below a folder, by relative path."""
    files = sorted(path for path in pathlib.Path(folder).rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


class Case(unittest.TestCase):
    """A test in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="foretwin-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, content):
        path = pathlib.Path(self.folder, name)
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    def foretwin(self, *arguments, **options):
        return run(*arguments, cwd=self.folder, **options)

    def succeed(self, *arguments, **options):
        result = self.foretwin(*arguments, **options)
        self.assertEqual(result.returncode, 0, f"{arguments}: {result.stderr}")
        return result.stdout


class Order(Case):
    """The order in which events arrive makes no difference to a twin."""

    def story(self):
        """Fifty events of one customer: (id, item, type, time)."""
        dice = random.Random(SEED)
        types = ["view", "cart_add", "purchase", "wishlist_add", "reject", "search"]
        times = sorted(1_770_000_000 + dice.randrange(40) * 600 for _ in range(50))
        return [(f"e{n}", f"item-{dice.randrange(12)}", dice.choice(types), time)
                for n, time in enumerate(times)]

    def test_ten_thousand_orders_of_fifty_events(self):
        count = 10_000
        dice = random.Random(SEED)
        story = self.story()
        lines = []
        for customer in range(count):
            order = story[:]
            if customer:
                dice.shuffle(order)
            # Some at once, some after everybody else's: part comes when the twin is settled.
            late = dice.randrange(50) if customer % 3 == 0 else 0
            for n, (event, item, kind, time_) in enumerate(order):
                place = dice.random() + (1 if n >= 50 - late else 0)
                lines.append((place, f"{event},c{customer},{item},{kind},{time_}\n"))
        lines.sort()
        self.file("events.csv", HEADER + "".join(line for _, line in lines))
        self.succeed("ingest", "events.csv", "--batch", 1000)
        expected = None
        for start in range(0, count, 500):
            names = [f"c{n}" for n in range(start, min(count, start + 500))]
            for name, twin in zip(names, json.loads(self.succeed("twin", "show", "--json",
                                                                 *names))):
                del twin["user_id"]
                expected = expected or twin
                self.assertEqual(twin, expected, f"customer {name}, seed {SEED}")
        self.assertEqual(expected["event_count"], 50)


class Demo(Case):
    SMALL = ["--customers", 40, "--items", 60, "--days", 60, "--epochs", 2, "--width", 16]

    def test_same_seed_same_bytes_at_one_and_two_threads(self):
        for name, threads in [("one", 1), ("two", 2)]:
            self.succeed("demo", "-o", name, "--threads", threads, *self.SMALL)
        models = [digest(f"{self.folder}/{name}/models") for name in ("one", "two")]
        self.assertIn("v0001/model.safetensors", models[0])
        self.maxDiff = None
        self.assertEqual(models[0], models[1])
        answers = [
            self.succeed(
                "recommend", "customer-0001", "--json", "--paths", 100, "--threads", threads,
                "--store", f"{name}/store", "--models", f"{name}/models")
            for name, threads in [("one", 1), ("two", 2)]
        ]
        self.assertEqual(answers[0], answers[1])

    def test_a_second_run_makes_identical_files(self):
        reports = []
        for _ in range(2):
            output = self.succeed("demo", *self.SMALL)
            reports.append((output, digest(f"{self.folder}/demo/models"),
                            pathlib.Path(self.folder, "demo/report.html").read_bytes()))
        self.assertEqual(reports[0], reports[1])
        self.assertIn("Surprise:", reports[0][0])

    def test_the_demo_leaves_other_folders_alone(self):
        os.mkdir(f"{self.folder}/mine")
        self.file("mine/precious.txt", "mine")
        result = self.foretwin("demo", "-o", "mine", *self.SMALL)
        self.assertNotEqual(result.returncode, 0)
        self.assertTrue(os.path.exists(f"{self.folder}/mine/precious.txt"))


class BadInput(Case):
    def refuse(self, expected, *arguments, **options):
        result = self.foretwin(*arguments, **options)
        self.assertGreater(result.returncode, 0, arguments)
        errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
        self.assertEqual(len(errors), 1, result.stderr)
        self.assertIn(expected, errors[0])
        return errors[0]

    def test_sources_that_cannot_be_events(self):
        self.file("empty.csv", "")
        self.file("binary.csv", b"\x7fELF\x00\x01\x02\x00")
        self.file("columns.csv", "user_id,when\na,b\n")
        self.refuse("is empty", "ingest", "empty.csv")
        self.refuse("is not a text file", "ingest", "binary.csv")
        self.refuse("lacks item_id, type, timestamp", "ingest", "columns.csv")
        self.refuse("is a folder", "ingest", ".")
        self.refuse("There is no file", "ingest", "missing.csv")
        self.assertFalse(os.path.exists(f"{self.folder}/graph-data"), "nothing half-written")

    def test_before_there_is_anything(self):
        self.refuse("There is no store", "recommend", "ann")
        self.file("e.csv", HEADER + "1,ann,tea,purchase,2026-01-01\n")
        self.succeed("ingest", "e.csv")
        self.refuse("There is no model", "recommend", "ann")
        self.refuse("Ingest at least 10 events", "train")

    def test_settings_out_of_range(self):
        self.file("e.csv", HEADER + "1,ann,tea,purchase,2026-01-01\n")
        self.refuse("--batch", "ingest", "e.csv", "--batch", 0)
        self.succeed("ingest", "e.csv")
        self.refuse("width", "train", "--width", 13)
        self.refuse("--as-of", "simulate", "ann", "--as-of", "tomorrow")

    def test_bad_lines_never_touch_their_neighbours(self):
        self.file("e.csv", HEADER + "\n".join([
            "1,ann,tea,purchase,2026-01-01", "2,ann,tea,bought,2026-01-01", '3,"ann,tea',
            "4,ann,,purchase,2026-01-01", "5,ann,tea,purchase,yesterday",
            "6,ann,cup,view,2026-01-02"]) + "\n")
        report = json.loads(self.succeed("ingest", "e.csv", "--json"))
        self.assertEqual(report["added"], 2)
        self.assertEqual(sum(report["rejected"].values()), 4)
        rejects = pathlib.Path(self.folder, "rejects.txt").read_text(encoding="utf-8")
        for line in (3, 4, 5, 6):
            self.assertIn(f"line {line}:", rejects)
        again = json.loads(self.succeed("ingest", "e.csv", "--json"))
        self.assertEqual((again["added"], again["duplicates"]), (0, 2))

    def test_standard_input_and_json_lines(self):
        lines = '{"user_id":"ann","item_id":"tea","type":"Product Viewed","timestamp":1767225600}\n'
        report = json.loads(self.succeed("ingest", "-", "--json", stdin=lines))
        self.assertEqual(report["added"], 1)

    def test_customers_ids_never_reach_the_disk(self):
        name = "ann.lovelace@example.org"
        self.file("e.csv", HEADER + f"1,{name},tea,purchase,2026-01-01\n")
        self.succeed("ingest", "e.csv")
        data = pathlib.Path(self.folder, "graph-data/store/data.mdb").read_bytes()
        self.assertNotIn(name.encode(), data)
        self.assertIn(b"tea", data)


class Crash(Case):
    CYCLES = 50

    def test_killed_ingest_run_again_equals_one_clean_run(self):
        self.succeed(
            "generate-shop", "--customers", 60, "--items", 50, "--days", 60, "-o", "shop")
        truth = json.loads(pathlib.Path(self.folder, "shop/truth.json").read_text("utf-8"))
        customers = [customer["userID"] for customer in truth["customers"]]
        ingest = ["ingest", "shop/events.csv", "--batch", 150, "--json"]
        start = time.monotonic()
        clean = self.succeed(*ingest, "--store", "clean")
        whole = time.monotonic() - start
        expected = self.succeed("twin", "show", *customers, "--json", "--store", "clean")
        chance = random.Random(SEED)
        interrupted = 0
        for cycle in range(self.CYCLES):
            store = f"store-{cycle}"
            child = subprocess.Popen(
                [PROGRAM, *map(str, ingest), "--store", store], cwd=self.folder,
                env={**os.environ, "FORETWIN_KEY": KEY}, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0, whole))
            interrupted += child.poll() is None
            child.kill()
            child.wait(timeout=60)
            after = json.loads(self.succeed(*ingest, "--store", store))
            self.assertEqual(after["events"], json.loads(clean)["events"], f"seed {SEED}")
            twins = self.succeed("twin", "show", *customers, "--json", "--store", store)
            self.assertEqual(twins, expected, f"seed {SEED}, cycle {cycle}")
            shutil.rmtree(f"{self.folder}/{store}")
        self.assertGreater(interrupted, 0, "no kill came before the end; the test shows nothing")
        print(f"{interrupted} of {self.CYCLES} ingests were killed before their end")


class EndToEnd(Case):
    def prepare(self):
        self.succeed("generate-shop", "--customers", 40, "--items", 60, "--days", 60)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        self.succeed("train", "--epochs", 2, "--width", 16)

    def test_own_data_in_three_commands_and_the_server_agrees(self):
        self.prepare()
        mine = json.loads(
            self.succeed("recommend", "customer-0003", "--json", "--paths", 100, "--no-surprise"))
        self.assertEqual(len(mine["items"]), 10)
        self.assertFalse(mine["is_cold_start"])
        stranger = self.succeed("recommend", "nobody-knows")
        self.assertIn("cold start", stranger)
        self.assertIn("customer-0003", self.succeed("twin", "show", "customer-0003"))
        self.assertIn("Path 1", self.succeed("simulate", "customer-0003", "--paths", 50))
        self.succeed("report", "customer-0003", "nobody-knows", "-o", "page.html")
        self.assertIn("v0001", self.succeed("models"))
        with Server(self.folder) as server:
            theirs = server.get(
                "/v1/twins/customer-0003/recommendations?paths=100&surprise=never")
            self.assertEqual(theirs["items"], mine["items"])
            before = server.get("/v1/twins/customer-0003")["event_count"]
            # Now, for the server refuses what lies ahead of its clock.
            event = {"event_id": "new-1", "user_id": "customer-0003", "type": "view",
                     "item_id": mine["items"][0]["item_id"], "timestamp": int(time.time())}
            self.assertEqual(server.post("/v1/events", event)["added"], 1)
            self.assertEqual(server.post("/v1/events", event)["duplicates"], 1)
            self.assertEqual(server.get("/v1/twins/customer-0003")["event_count"], before + 1)
            self.assertTrue(
                server.get("/v1/twins/nobody/recommendations?paths=50")["is_cold_start"])
            self.assertEqual(server.stop(), 0)

    def test_evaluation_writes_its_figures(self):
        self.succeed("generate-shop", "--customers", 40, "--items", 60, "--days", 60)
        lines = pathlib.Path(self.folder, "shop/events.csv").read_text("utf-8").splitlines()
        columns = lines[0].split(",")
        basket, user = columns.index("basket_id"), columns.index("user_id")
        bought = [line for line in lines[1:] if line.split(",")[basket]]
        last = {line.split(",")[user]: line.split(",")[basket] for line in bought}
        is_last = [last[line.split(",")[user]] == line.split(",")[basket] for line in bought]
        for name, wanted in [("train", False), ("test", True)]:
            kept = [line for line, flag in zip(bought, is_last) if flag == wanted]
            self.file(f"{name}.csv", "\n".join([lines[0], *kept]) + "\n")
        for method in ("full", "personal-top"):
            self.succeed(
                "evaluate", "next-basket", "--train", "train.csv", "--test", "test.csv",
                "--method", method, "--epochs", 2, "--width", 16, "--json", "out.json")
            result = json.loads(pathlib.Path(self.folder, "out.json").read_text("utf-8"))
            self.assertEqual(result["protocol"], "next-basket")
            self.assertEqual(result["examples"], len(last))
            for metric in ("recall", "ndcg", "phr"):
                self.assertTrue(0 < result[metric]["10"] <= 1, metric)


class Backtest(Case):
    """What was foreseen at a moment of the past is compared with what came."""

    SMALL = ["--epochs", 1, "--width", 8, "--paths", 20, "--calibrations", 1]

    def result(self, *options):
        printed = self.succeed(
            "backtest", *options, *self.SMALL, "--json", "out.json", "--html", "out.html")
        page = pathlib.Path(self.folder, "out.html").read_text("utf-8")
        xml.etree.ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
        self.assertIn("Did the forecasts hold?", page)
        self.assertIn("compared with what came", printed)
        text = pathlib.Path(self.folder, "out.json").read_text("utf-8")
        return text, json.loads(text)

    def test_a_made_up_shop(self):
        text, result = self.result("--synthetic", "--customers", 40)
        self.assertEqual(sorted(result["ece"]), ["28d", "7d", "top10", "top10Truth"])
        self.assertTrue(0 <= result["ece"]["top10Truth"] <= 1)
        for horizon in ("7d", "28d"):
            self.assertTrue(0 <= result["ece"][horizon] <= 1)
            for score in result["brier"][horizon].values():
                self.assertTrue(0 <= score <= 1)
            for bin in result["reliability"][horizon]["bins"]:
                self.assertTrue(0 <= bin["forecast"] <= 1 and 0 <= bin["happened"] <= 1)
        self.assertTrue(0 <= result["pit"]["p"] <= 1 and 0 <= result["coverage"]["90"] <= 1)
        self.assertGreater(result["realism"]["realEvents"], 0)
        again, _ = self.result("--synthetic", "--customers", 40)
        self.assertEqual(text, again)

    def test_what_if_trials(self):
        bench = pathlib.Path(PROGRAM).resolve().with_name("foretwin-bench")
        if not bench.exists():
            self.skipTest(f"there is no {bench}; build it with swift build --product foretwin-bench")
        done = subprocess.run(
            [bench, "what-if-trials", "--count", "2", "--customers", "40", *map(str, self.SMALL),
             "--json", "trials.json"], cwd=self.folder, text=True, capture_output=True, timeout=600,
            env={**os.environ, "FORETWIN_KEY": KEY}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("of 2 intervals", done.stdout)
        trials = json.loads(pathlib.Path(self.folder, "trials.json").read_text("utf-8"))["whatIf"]
        self.assertEqual(len(trials), 2)
        for trial in trials:
            low, high = trial["interval"]
            self.assertEqual(trial["holds"], low <= trial["trueChange"] <= high)

    def test_a_store_and_what_cannot_be_asked(self):
        self.succeed("generate-shop", "--customers", 30, "--items", 40, "--days", 90)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        _, result = self.result("--customers", 10, "--horizon", "3d,10d")
        self.assertEqual(result["customers"], 10)
        self.assertEqual(sorted(result["brier"]), ["10d", "3d"])
        for options, part in (
                (["--origin", "2031-01-01"], "nobody knows yet"),
                (["--origin", "2020-01-01"], "at least 10 events"),
                (["--origin", "soon"], "--origin is 'soon'"), (["--horizon", "0d"], "--horizon"),
                (["--horizon", "7w"], "--horizon"), (["--customers", 0], "--customers"),
                (["--paths", 0], "--paths"), (["--calibrations", 0], "--calibrations"),
                (["--synthetic", "--origin", "2026-02-01"], "--origin is for a store")):
            answer = self.foretwin("backtest", *self.SMALL, *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
            self.assertNotIn("Fatal", answer.stderr)


class WhatIf(Case):
    """What would be bought if the days were otherwise, of models that were back-tested."""

    def test_days_move_what_is_bought_and_probabilities_are_calibrated(self):
        self.succeed("generate-shop", "--customers", 120, "--items", 40, "--days", 130)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        small = ["--epochs", 1, "--width", 8]
        self.succeed("train", *small, "--backtest-customers", 0)
        # Nobody has told of days yet.
        answer = self.foretwin("what-if", "--rain", 10)
        self.assertIn("knows nothing of weather", answer.stderr)
        self.assertNotEqual(answer.returncode, 0)
        for city in ("berlin", "lyon", "dublin", "vienna"):
            self.succeed("context", "add", f"shop/context/weather-{city}.json",
                         "--city", city.capitalize())
        self.succeed("context", "add", "shop/context/events.ics")
        self.succeed("context", "add", "shop/context/trends.csv", "shop/context/offers.csv")
        printed = self.succeed("train", *small, "--promote", "always")
        self.assertIn("Within 28 days, probabilities of the past were off by", printed)
        calibration = json.loads(pathlib.Path(
            self.folder, "models/default/v0002/calibration.json").read_text("utf-8"))
        self.assertEqual([check["seconds"] for check in calibration["checks"]],
                         [7 * 86_400, 28 * 86_400])
        told = json.loads(self.succeed("recommend", "customer-0002", "--json"))["items"]
        self.assertTrue(any("calibrated_probability" in item for item in told))
        for item in told:
            self.assertTrue(0 <= item.get("calibrated_probability", 0) <= 1)

        rain = ["what-if", "--rain", 20, "--paths", 20, "--json"]
        first = self.succeed(*rain, "--threads", 1)
        self.assertEqual(first, self.succeed(*rain, "--threads", 2))
        whole = json.loads(first)
        self.assertEqual(whole["customers"], 120)
        for row in [whole["all"], *whole["categories"], *whole["items"]]:
            low, high = row["interval"]
            self.assertTrue(low <= row["change"] <= high)
        usual = {row["item_id"]: row["usual"] for row in whole["items"]}
        item = max(usual, key=usual.get)
        gone = json.loads(self.succeed(
            "what-if", "--without", item, "--paths", 20, "--count", 100, "--json"))
        row = next(row for row in gone["items"] if row["item_id"] == item)
        self.assertAlmostEqual(row["usual"] + row["change"], 0)
        cheap = json.loads(self.succeed(
            "what-if", "--price", f"{item}=-40%", "--paths", 20, "--count", 100, "--json"))
        self.assertTrue(any(row["item_id"] == item for row in cheap["items"]))
        printed = self.succeed(
            "what-if", "customer-0002", "--shown", f"{item}", "--any-contact", "--paths", 50)
        self.assertIn("90 % interval", printed)

        for options, part in (
                ([], "Say what might be otherwise"),
                (["--price", "tea"], "--price is 'tea'"),
                (["--price", "tea=-20%"], "does not know the item 'tea'"),
                (["--price", "category:Tea=-20%"], "There is no category 'Tea'"),
                (["--without", "nothing"], "does not know the item 'nothing'"),
                (["--rain", "-3"], "-3"), (["--event", "flood"], "'flood'"),
                (["--rain", 3, "--days", "2019-01-01"], "Choose days"),
                (["--rain", 3, "--days", "never"], "--days is 'never'"),
                (["--rain", 3, "--paths", 0], "paths"),
                (["--rain", 3, "--horizon", 0], "--horizon"),
                (["customer-0002", "--undone", "e0"], "no such event has happened"),
                (["nobody", "--rain", 3], "Nothing is known of the customer 'nobody'")):
            answer = self.foretwin("what-if", *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
            self.assertNotIn("Fatal", answer.stderr)
        damaged = pathlib.Path(self.folder, "models/default/v0002/calibration.json")
        damaged.write_text("{", "utf-8")
        answer = self.foretwin("recommend", "customer-0002")
        self.assertIn("calibration.json is damaged", answer.stderr)


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
        twins = {row["twin"] for row in rows}
        self.assertGreater(len(twins), 100)
        self.assertFalse(any("customer-" in twin for twin in twins))
        items = {line.split(",")[0] for line in
                 pathlib.Path(self.folder, "shop/items.csv").read_text("utf-8").splitlines()}
        for row in rows:
            self.assertTrue(0 <= row["low"] <= row["probability"] <= row["high"] <= 1)
            self.assertGreaterEqual(row["expected_count"], row["probability"] - 1e-9)
            self.assertTrue(
                row["as_of"] <= row["first_tenth"] <= row["first_half"]
                <= row["first_nine_tenths"])
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
            [PROGRAM, "simulate", "--all", "--paths", "20", "--horizon", "14", "--threads", "1",
             "--output", "cut.jsonl", "--demand", "cut.csv"], cwd=self.folder, env={**os.environ, "FORETWIN_KEY": KEY},
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
                    (float(row["expected"]), float(row["deviation"]) ** 2)
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


class Models(Case):
    """Versions of a model are put into use and taken out again."""

    def train(self, *options):
        return json.loads(self.succeed("train", "--epochs", 1, "--width", 8, "--json", *options))

    def in_use(self):
        return [entry["version"] for entry in json.loads(self.succeed("models", "list", "--json"))
                if entry["is_in_use"]]

    def retrain(self, *options):
        return subprocess.run(
            [pathlib.Path(__file__).parents[1] / "retrain", "--program", PROGRAM, *options,
             "--epochs", "1", "--width", "8"],
            cwd=self.folder, env={**os.environ, "FORETWIN_KEY": KEY}, capture_output=True,
            text=True, timeout=600, check=False)

    def test_versions_come_into_use_and_go_out_of_it(self):
        self.succeed("generate-shop", "--customers", 30, "--items", 40, "--days", 60)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        first = self.train()
        self.assertTrue(first["is_promoted"] and first["gate"]["passes"])
        self.assertIn("but not in use", self.succeed(
            "train", "--epochs", 1, "--width", 8, "--promote", "never"))
        self.assertEqual(self.in_use(), ["v0001"])
        self.assertIn("v0002", self.succeed("models", "promote", "v0002"))
        self.assertEqual(self.in_use(), ["v0002"])
        self.assertIn("v0001", self.succeed("models", "rollback"))
        self.assertEqual(self.in_use(), ["v0001"])
        for command in (["rollback"], ["promote", "v0009"], ["promote", "../v0001"]):
            result = self.foretwin("models", *command)
            self.assertEqual(result.returncode, 1, command)
            self.assertIn("Error: ", result.stderr)
        # The same data again: the new version is no worse, and of three only one is old.
        done = self.retrain("--keep", "1", "--log", "retrain.log")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.in_use(), ["v0003"])
        versions = [entry["version"] for entry in json.loads(
            self.succeed("models", "list", "--json"))]
        self.assertEqual(versions, ["v0001", "v0003"])
        self.assertIn("Removed v0002", pathlib.Path(self.folder, "retrain.log").read_text("utf-8"))
        with Server(self.folder):
            # A server that has the store open does not keep anybody from training.
            done = self.retrain()
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("a server has the store open", done.stdout)
        failed = self.retrain("--store", "nowhere")
        self.assertNotEqual(failed.returncode, 0)
        self.assertIn("nowhere", failed.stderr)

        self.assertIn("knows no seasons", self.succeed("models", "seasons"))
        self.assertEqual(json.loads(self.succeed("models", "seasons", "--json")), [])

        self.succeed("models", "vectors", "-o", "vectors.txt")
        lines = pathlib.Path(self.folder, "vectors.txt").read_text("utf-8").splitlines()
        count, length = map(int, lines[0].split())
        self.assertEqual((count, length), (len(lines) - 1, 8))
        self.assertTrue(all(len(line.split(" ")) == 9 for line in lines[1:]))
        self.succeed("models", "vectors", "--format", "npy", "-o", "vectors.npy")
        header = pathlib.Path(self.folder, "vectors.npy").read_bytes()[:128]
        self.assertIn(f"'shape': ({count}, 8)".encode(), header)


class Seasons(Case):
    """What comes back each year is learned and shown."""

    def test_seasons_of_two_years_are_found(self):
        self.succeed("generate-shop", "--customers", 60, "--items", 60, "--days", 770,
                     "--start", "2023-12-01")
        truth = json.loads(pathlib.Path(self.folder, "shop/truth.json").read_text("utf-8"))
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        self.succeed("train", "--epochs", 1, "--width", 8, "--backtest-customers", 0)
        found = {entry["category"]: entry["weeks"] for entry in json.loads(
            self.succeed("models", "seasons", "--json"))}
        self.assertIn("Baking", found)
        for name in set(found) & set(truth["couplings"]["seasons"]):
            self.assertEqual([week["week"] for week in found[name]], list(range(1, 53)))
            self.assertTrue(all(week["low"] < week["index"] < week["high"]
                                for week in found[name]))
        peak = max(found["Baking"], key=lambda week: week["index"])
        planted = truth["couplings"]["seasons"]["Baking"]["peakDay"]
        self.assertLess(abs((peak["week"] - 0.5) * 365.25 / 52 - planted), 28)
        table = self.succeed("models", "seasons")
        self.assertIn("strongest", table)
        self.assertIn("█", table)
        customer = pathlib.Path(self.folder, "shop/events.csv").read_text("utf-8").splitlines()[1]
        self.succeed("report", customer.split(",")[0], "--paths", 20, "-o", "report.html")
        self.assertIn("When in the year", pathlib.Path(
            self.folder, "report.html").read_text("utf-8"))
        wrong = self.foretwin("generate-shop", "--start", "soon", "-o", "other")
        self.assertEqual(wrong.returncode, 64)
        self.assertIn("Use a date such as 2026-01-01", wrong.stderr)


class Graphs(Case):
    """Looking at graphs gives what whoever reads the exported graph works out."""

    HALF_LIFE = 30 * 86_400_000

    def prepare(self):
        self.succeed("generate-shop", "--customers", 30, "--items", 40, "--days", 60)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        self.succeed("train", "--epochs", 1, "--width", 8)

    def look(self, *arguments):
        return json.loads(self.succeed("graph", *arguments, "--json"))

    def refuse(self, code, expected, *arguments):
        result = self.foretwin(*arguments)
        self.assertEqual(result.returncode, code, result.stderr)
        errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
        self.assertEqual(len(errors), 1, result.stderr)
        self.assertIn(expected, errors[0])

    def exported(self, *arguments):
        """The edges of a graph as (from, type, to, decayed weight)."""
        moment = self.look("stats", *arguments)["scene"]["as_of"]
        now = datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp() * 1000
        self.succeed("graph", "export", "graph.jsonl", *arguments)
        edges = []
        for line in pathlib.Path(self.folder, "graph.jsonl").read_text("utf-8").splitlines():
            record = json.loads(line)
            if "edge" in record:
                weight = record["weight"] * 2 ** -(max(0, now - record["last"]) / self.HALF_LIFE)
                edges.append((tuple(record["from"]), record["edge"], tuple(record["to"]), weight))
        self.assertGreater(len(edges), 20)
        return edges

    @staticmethod
    def named(node):
        return (node["label"], node["id"])

    @staticmethod
    def cheapest(edges, start, end):
        """The cost of the cheapest way, of however many edges, by Bellman and Ford."""
        costs = {start: 0.0}
        for _ in range(len(edges)):
            before = dict(costs)
            for source, _, target, weight in edges:
                for a, b in ((source, target), (target, source)):
                    if a in costs:
                        costs[b] = min(costs.get(b, math.inf), costs[a] + 1 / weight)
            if costs == before:
                break
        return costs.get(end)

    def test_answers_are_those_of_the_exported_graph(self):
        self.prepare()
        chance = random.Random(SEED)
        for arguments in (
            [], ["--twin", "customer-0003"],
            ["--twin", "customer-0003", "--as-of", "2026-02-01T12:00"],
        ):
            edges = self.exported(*arguments)
            nodes = sorted({node for edge in edges for node in (edge[0], edge[2])})
            stats = self.look("stats", *arguments)
            self.assertEqual(stats["edge_count"], len(edges))
            self.assertEqual(
                {entry["type"]: entry["count"] for entry in stats["edges"]},
                collections.Counter(edge[1] for edge in edges))
            self.assertAlmostEqual(stats["weight"], sum(edge[3] for edge in edges), 6)
            heaviest = sorted((edge[3] for edge in edges), reverse=True)[:10]
            top = [edge["weight"] for edge in self.look("top", "-n", 10, *arguments)["edges"]]
            for mine, theirs in zip(heaviest, top, strict=True):
                self.assertAlmostEqual(mine, theirs, 9)
            for label, name in chance.sample(nodes, 4):
                node, where = (label, name), f"seed {SEED}, {label}:{name}, {arguments}"
                at = [edge for edge in edges if node in (edge[0], edge[2])]
                facts = self.look("node", f"{label}:{name}", *arguments)
                degrees = sum(entry["out"] + entry["in"] for entry in facts["degrees"])
                loops = sum(edge[0] == edge[2] for edge in at)
                self.assertEqual(degrees, len(at) + loops, where)
                around = self.look("neighbours", f"{label}:{name}", "--limit", 999, *arguments)
                others = {b if a == node else a for a, _, b, _ in at} - {node}
                self.assertEqual(
                    {self.named(entry["node"]) for entry in around["neighbours"]}, others, where)
                target = chance.choice(nodes)
                path = self.look(
                    "path", f"{label}:{name}", ":".join(target), "--max-hops", 50, *arguments)
                cost = self.cheapest(edges, node, target)
                self.assertEqual(path.get("cost") is None, cost is None, where)
                if cost is None:
                    continue
                self.assertAlmostEqual(path["cost"], cost, 6, where)
                steps = sum(1 / edge["weight"] for edge in path["edges"])
                self.assertAlmostEqual(steps, cost, 6, where)

    def test_people_see_names_and_are_told_of_limits(self):
        self.prepare()
        twin = ["--twin", "customer-0003"]
        stats = self.succeed("graph", "stats")
        for expected in ("The shared graph", "FOLLOWED_BY", "for each event", "journal"):
            self.assertIn(expected, stats)
        names = [line.split(",")[1].strip('"') for line in pathlib.Path(
            self.folder, "shop/items.csv").read_text("utf-8").splitlines()[1:]]
        top = self.succeed("graph", "top", "me", "--type", "purchased", "-n", 3, *twin)
        self.assertTrue(any(name.split(",")[0] in top for name in names), top)
        self.assertIn("raise --limit", self.succeed("graph", "neighbours", "me", "--limit", 2,
                                                    *twin))
        self.assertIn("raise --fan-out", self.succeed("graph", "top", "me", "--fan-out", 2, *twin))
        self.assertIn("share of the walk", self.succeed("graph", "neighbours", "me", "--rank",
                                                        *twin))
        item = self.look("top", "me", "--type", "PURCHASED", "-n", 1, *twin)["edges"][0]["to"]["id"]
        self.assertIn("Jaccard", self.succeed("graph", "neighbours", item, "--similar", *twin))
        self.assertIn("heaviest 3 of", self.succeed("graph", "node", item, "-n", 3, *twin))
        self.assertIn("Both are", self.succeed("graph", "path", item, item, *twin))

    def test_what_cannot_be_looked_at_is_said_in_a_sentence(self):
        self.file("e.csv", HEADER + "1,ann,tea,purchase,2026-01-01\n2,ann,cup,view,2026-01-02\n")
        self.succeed("ingest", "e.csv")
        twin = ["--twin", "ann"]
        self.refuse(64, "has ACTIVE_IN, PURCHASED, VIEWED", "graph", "top", "--type", "X", *twin)
        self.refuse(64, "has no edges", "graph", "top", "--type", "")
        self.refuse(64, "There are Customer, Item", "graph", "node", "Toy:tea", *twin)
        self.refuse(1, "no node 'milk'", "graph", "path", "tea", "milk", *twin)
        self.refuse(1, "no node ''", "graph", "node", "", *twin)
        self.refuse(64, "no past", "graph", "stats", "--as-of", "2026-01-01")
        self.refuse(64, "--as-of is", "graph", "stats", "--as-of", "soon", *twin)
        self.refuse(1, "Nothing was known", "graph", "stats", "--as-of", "2020-01-01", *twin)
        self.refuse(1, "Nothing is known of 'bob'", "graph", "top", "--twin", "bob")
        self.refuse(64, "Name a --twin", "graph", "node", "me")
        self.refuse(64, "--count", "graph", "top", "-n", 2 ** 62, *twin)
        self.refuse(64, "--format", "graph", "export", "graph.dat")
        self.refuse(64, "There is no store", "graph", "stats", "--store", "nowhere")
        weight = self.look("top", "me", "--type", "PURCHASED", "--as-of", "2026-01-31", *twin)
        self.assertAlmostEqual(weight["edges"][0]["weight"], 2.5)
        self.assertEqual(self.look("top", "--type", "WISHED", *twin)["edges"], [])

    def find(self, *arguments, method):
        """The ids of the nodes that are found, which must be found by that method."""
        found = self.look("find", *arguments)
        self.assertEqual(found["method"], method)
        return [node["node"]["id"] for node in found["nodes"]], found["is_complete"]

    def test_nodes_are_found_by_a_property_with_and_without_an_index(self):
        self.file("items.csv", "item_id,name,category,price\n" + "".join(
            f"i{n:02},Item {n},{['tea', 'coffee', 'teapots'][n % 3]},{n / 2}\n"
            for n in range(30)))
        self.file("e.csv", HEADER + "1,ann,i00,purchase,2026-01-01\n2,ann,i01,view,2026-01-02\n"
                  "3,ann,i03,view,2026-01-02\n4,bob,i06,view,2026-01-02\n")
        self.succeed("ingest", "e.csv", "--items", "items.csv")
        item = ["--label", "item", "--property"]
        tea = [f"i{n:02}" for n in range(0, 30, 3)]
        self.assertEqual(self.look("index"), {"indexes": []})
        for method in ("scan", "index"):
            with self.subTest(method):
                if method == "index":
                    self.succeed("graph", "index", *item, "category")
                    made = self.look("index", "--label", "Item", "--property", "price")
                    self.assertEqual([index["property"] for index in made["indexes"]],
                                     ["category", "price"])
                for arguments, expected in (
                    (["category", "--equals", "tea"], tea),
                    (["category", "--equals", "te"], []),
                    (["category", "--from", "tea", "--to", "teap"], tea),
                    (["category", "--from", "teapots"], [f"i{n:02}" for n in range(2, 30, 3)]),
                    (["price", "--from", "1", "--to", "2.5"], ["i02", "i03", "i04", "i05"]),
                    (["price", "--equals", "7"], ["i14"]),
                    (["price", "--to", "-1"], []),
                ):
                    found, is_complete = self.find(*item, *arguments, method=method)
                    self.assertEqual(found, expected, arguments)
                    self.assertTrue(is_complete)
                found, is_complete = self.find(
                    *item, "price", "--from", "3", "--limit", "2", method=method)
                self.assertEqual((found, is_complete), (["i06", "i07"], False))
                # A twin is in memory, and its items are what the catalogue says.
                twin = ["--twin", "ann"]
                self.assertEqual(
                    self.find(*item, "category", "--equals", "tea", *twin, method="scan"),
                    (["i00", "i03"], True))
                text = self.succeed("graph", "find", *item, "category", "--equals", "tea",
                                    "--limit", 3)
                self.assertIn("i03  Item 3", text)
                self.assertIn("raise --limit", text)
                self.assertIn("no such nodes", self.succeed(
                    "graph", "find", *item, "category", "--equals", "milk"))
        # What changes later is found where it is now.
        self.file("new.csv", "item_id,name,category\ni00,Item 0,coffee\ni99,Item 99,tea\n")
        self.succeed("ingest", "e.csv", "--items", "new.csv")
        found, _ = self.find(*item, "category", "--equals", "tea", method="index")
        self.assertEqual(found, tea[1:] + ["i99"])
        self.succeed("verify")
        self.succeed("compact")
        self.succeed("twin", "erase", "ann", "--yes")
        self.succeed("verify")
        self.assertEqual(self.find(*item, "category", "--equals", "tea", method="index")[0], found)
        self.succeed("graph", "export", "shop.jsonl")
        self.succeed("graph", "import", "shop.jsonl", "--into", "plain")
        plain = ["--store", "plain"]
        for method in ("scan", "index"):
            self.assertEqual(
                self.find(*item, "category", "--equals", "tea", *plain, method=method)[0], found)
            self.assertIn("category", self.succeed("graph", "index", *item, "category", *plain))

    def test_searches_that_mean_nothing_are_said_in_a_sentence(self):
        self.file("e.csv", HEADER + "1,ann,tea,purchase,2026-01-01\n")
        self.succeed("ingest", "e.csv")
        find = ["graph", "find", "--label", "Item", "--property", "name"]
        self.refuse(64, "Give the value", *find)
        self.refuse(64, "Give the value", *find, "--equals", "a", "--to", "b")
        self.refuse(64, "--limit is 0", *find, "--equals", "a", "--limit", 0)
        self.refuse(64, "There are Customer, Item", "graph", "find", "--label", "Toy",
                    "--property", "name", "--equals", "a")
        self.refuse(64, "There is no store", *find, "--equals", "a", "--store", "nowhere")
        index = ["graph", "index"]
        self.refuse(64, "go together", *index, "--label", "Item")
        self.refuse(64, "only items", *index, "--label", "Customer", "--property", "name")
        self.refuse(64, "There are Customer, Item", *index, "--label", "Toy", "--property", "name")
        self.refuse(1, "Use 1 to 400", *index, "--label", "Item", "--property", "")
        self.refuse(64, "There is no store", *index, "--store", "nowhere")
        self.assertIn("no indexes", self.succeed(*index))

    def test_a_graph_moves_by_file_into_a_plain_store(self):
        self.prepare()
        for format in ("graphml", "csv", "jsonl", "cypher"):
            with self.subTest(format):
                self.succeed(
                    "graph", "export", f"twin.{format}", "--twin", "customer-0003")
                self.succeed("graph", "import", f"twin.{format}", "--into", f"plain-{format}")
                plain = ["--store", f"plain-{format}"]
                theirs = self.look("stats", *plain)
                mine = self.look("stats", "--twin", "customer-0003")
                self.assertEqual(theirs["nodes"], mine["nodes"])
                self.assertEqual(
                    [(entry["type"], entry["count"], entry["times"]) for entry in theirs["edges"]],
                    [(entry["type"], entry["count"], entry["times"]) for entry in mine["edges"]])
                item = self.look("top", "--type", "PURCHASED", *plain)["edges"][0]["to"]
                self.assertIn("name", item)
                self.succeed("graph", "export", f"again.{format}", *plain)
        self.assertEqual(
            pathlib.Path(self.folder, "twin.jsonl").read_bytes(),
            pathlib.Path(self.folder, "again.jsonl").read_bytes())
        self.refuse(1, "made from events", "graph", "import", "twin.csv", "--into",
                    "graph-data/store")
        self.refuse(1, "a store already", "graph", "import", "twin.csv", "--into", "plain-csv")
        self.refuse(64, "no twins", "graph", "stats", "--twin", "ann", "--store", "plain-csv")
        self.refuse(64, "no twins", "ingest", "shop/events.csv", "--store", "plain-csv")
        self.keep_a_plain_store()
        self.file("bad.jsonl", "{}\n")
        self.refuse(1, "bad.jsonl, line 1", "graph", "import", "bad.jsonl", "--into", "bad")
        self.assertFalse(os.path.exists(f"{self.folder}/bad"))
        self.assertFalse(os.path.exists(f"{self.folder}/bad.new"))

    def keep_a_plain_store(self):
        before = self.look("stats", "--store", "plain-csv")
        self.assertNotIn("twins", self.succeed("verify", "plain-csv"))
        self.assertNotIn("key", self.succeed("backup", "plain.mdb", "--store", "plain-csv"))
        self.refuse(64, "no pseudonym key", "backup", "b.mdb", "--with-key", "--store", "plain-csv")
        self.succeed("compact", "--store", "plain-csv")
        self.succeed("restore", "plain.mdb", "--store", "plain-again")
        for store in ("plain-csv", "plain-again"):
            after = self.look("stats", "--store", store)
            self.assertEqual(after["nodes"], before["nodes"])
            self.assertEqual(after["edges"], before["edges"])

    def test_no_file_makes_looking_at_it_fail(self):
        extreme = {"count": 2 ** 64 - 1, "first": -2 ** 63, "last": 2 ** 63 - 1, "properties": {}}
        bad = "bad\x1b[2Jname"
        self.file("bad.jsonl", "".join(json.dumps(line) + "\n" for line in [
            {"foretwin": "property graph", "version": 1, "labels": ["A", "B"],
             "edgeTypes": ["X\x1b[31m", "Z"]},
            {"node": ["A", "n:1"], "graph": 0,
             "properties": {"name": bad, "v": {"double": "NaN"}, "w": {"vector": [1, "INF"]}}},
            {"node": ["B", "n:1"], "graph": 0, "properties": {}},
            *({"edge": "Z", "from": [a, "n:1"], "to": [b, "n:1"], "graph": 0, "weight": weight,
               **extreme} for a, b, weight in [
                   ("A", "B", -5), ("B", "A", 1e308), ("B", "B", 1e308)]),
            {"edge": "X\x1b[31m", "from": ["B", "n:1"], "to": ["A", "n:1"], "graph": 7,
             "weight": "INF", **extreme}]))
        self.succeed("graph", "import", "bad.jsonl", "--into", "bad")
        for json_flag in ([], ["--json"]):
            for arguments in (
                ["stats"], ["stats", "--graph", 7], ["stats", "--graph", 2 ** 64 - 1],
                ["node", "A:n:1"], ["node", "B:n:1", "--graph", 7], ["top"],
                ["top", "B:n:1", "-n", 1], ["path", "B:n:1", "A:n:1"], ["path", "A:n:1", "B:n:1"],
                ["neighbours", "A:n:1", "--limit", 2 ** 63 - 1, "--fan-out", 2 ** 63 - 1],
                ["neighbours", "B:n:1", "--rank"], ["neighbours", "B:n:1", "--similar"],
            ):
                output = self.succeed("graph", *arguments, *json_flag, "--store", "bad")
                self.assertNotIn("\x1b", output, arguments)
        self.refuse(64, "A:n:1 or B:n:1", "graph", "node", "n:1", "--store", "bad")


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
        self.assertEqual(receipt["erased"][0]["names"], 1)
        self.assertTrue(receipt["is_compacted"])
        left = data.read_bytes()
        self.assertNotIn(b"a very private wish", left)
        self.assertNotIn(b"s-of-ann", left)
        self.assertIn(b"s-of-bob", left)
        self.assertIn("was erased", self.succeed("twin", "show", "ann"))
        self.assertIn("1 events", self.succeed("twin", "show", "bob"))
        late = json.loads(self.succeed("ingest", "e.csv", "--json"))
        self.assertEqual((late["added"], late["rejected"]), (0, {"customer was erased": 4}))
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
        return {(row["kind"], row.get("city")): (row["known"], row["gaps"]) for row in rows}

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
        self.refuse("is no kind of feeds that can be told", "context", "add", "e.csv", code=1)
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
        self.assertIn("does not know them", self.succeed("twin", "consent", "eve"))
        self.refuse("both in --allow and in --forbid", "twin", "consent", "ann", "--allow",
                    "events", "--forbid", "events")
        self.refuse("--allow has 'dreams'", "twin", "consent", "ann", "--allow", "dreams")
        self.succeed("twin", "erase", "ann", "--yes")
        self.refuse("was erased", "twin", "consent", "ann", "--allow", "events", code=1)
        self.assertEqual(consent("ann")["allowed"], [])


class Server:
    """The server on a free port of this machine, stopped at the end in any case."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.process = subprocess.Popen(
            [PROGRAM, "serve", "--port", str(self.port), "--log-level", "warning"], cwd=folder,
            env={**os.environ, "FORETWIN_KEY": KEY})

    def __enter__(self):
        for _ in range(300):
            try:
                self.get("/readyz")
                return self
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        self.__exit__()
        raise TimeoutError("the server did not become ready")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)

    def get(self, path):
        return self.request(urllib.request.Request(f"http://127.0.0.1:{self.port}{path}"))

    def post(self, path, body):
        return self.request(urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"}))

    def request(self, request):
        with urllib.request.urlopen(request, timeout=60) as response:
            text = response.read().decode()
            return json.loads(text) if text[:1] in "{[" else text

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    program = unittest.main(exit=False, verbosity=2)
    failed = len(program.result.failures) + len(program.result.errors)
    print(f"{program.result.testsRun - failed} passed, {failed} failed")
    sys.exit(failed > 0)
