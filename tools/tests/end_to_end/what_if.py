"""Questions about days that could be otherwise."""

import json
import pathlib

from .support import Case


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
        self.assertIn("Back-test, 28 days: calibration error", printed)
        calibration = json.loads(pathlib.Path(
            self.folder, "models/default/v0002/calibration.json").read_text("utf-8"))
        self.assertEqual([check["seconds"] for check in calibration["checks"]],
                         [7 * 86_400, 28 * 86_400])
        # Of 120 customers; two and a half times what such a model is off by.
        for check in calibration["checks"]:
            self.assertLess(check["model"]["ece"], 0.1)
            self.assertLess(check["model"]["brier"], check["frequencyBrier"])
        told = json.loads(self.succeed("recommend", "customer-0002", "--json"))["items"]
        chances = [item["calibrated_probability"] for item in told]
        self.assertEqual(len(chances), 10)
        # The list is of what the customer needs most.
        self.assertTrue(0.5 < max(chances) <= 1, chances)
        self.assertTrue(0 <= min(chances) < max(chances), chances)

        rain = ["what-if", "--rain", 20, "--paths", 20, "--json"]
        first = self.succeed(*rain, "--threads", 1)
        self.assertEqual(first, self.succeed(*rain, "--threads", 2))
        whole = json.loads(first)
        self.assertEqual(whole["customers"], 120)
        for row in [whole["all"], *whole["categories"], *whole["items"]]:
            low, high = row["interval"]
            self.assertTrue(low <= row["change"] <= high)
        baseline = {row["item_id"]: row["baseline"] for row in whole["items"]}
        item = max(baseline, key=baseline.get)
        gone = json.loads(self.succeed(
            "what-if", "--unavailable", item, "--paths", 20, "--count", 100, "--json"))
        row = next(row for row in gone["items"] if row["item_id"] == item)
        self.assertAlmostEqual(row["baseline"] + row["change"], 0)
        cheap = json.loads(self.succeed(
            "what-if", "--price", f"{item}=-40%", "--paths", 20, "--count", 100, "--json"))
        self.assertTrue(any(row["item_id"] == item for row in cheap["items"]))
        printed = self.succeed(
            "what-if", "customer-0002", "--show", f"{item}", "--any-contact", "--paths", 50)
        self.assertIn("90 % interval", printed)

        for options, part in (
                ([], "Give a scenario"),
                (["--price", "tea"], "--price is 'tea'"),
                (["--price", "tea=-20%"], "does not know the item 'tea'"),
                (["--price", "category:Tea=-20%"], "There is no category 'Tea'"),
                (["--unavailable", "nothing"], "does not know the item 'nothing'"),
                (["--rain", "-3"], "-3"), (["--event", "flood"], "'flood'"),
                (["--rain", 3, "--days", "2019-01-01"], "Choose days"),
                (["--rain", 3, "--days", "never"], "--days is 'never'"),
                (["--rain", 3, "--paths", 0], "paths"),
                (["--rain", 3, "--horizon", 0], "--horizon"),
                (["customer-0002", "--ignore-event", "e0"], "no such event has happened"),
                (["nobody", "--rain", 3], "The customer 'nobody' is not known")):
            answer = self.foretwin("what-if", *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
            self.assertNotIn("Fatal", answer.stderr)
        damaged = pathlib.Path(self.folder, "models/default/v0002/calibration.json")
        damaged.write_text("{", "utf-8")
        answer = self.foretwin("recommend", "customer-0002")
        self.assertIn("calibration.json is not the file that was published", answer.stderr)
