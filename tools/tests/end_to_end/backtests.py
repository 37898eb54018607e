"""Forecasts are compared with what came."""

import json
import math
import os
import pathlib
import subprocess
import xml.etree.ElementTree

from . import settings
from .support import KEY, Case


class Backtest(Case):
    """What was foreseen at a moment of the past is compared with what came."""

    SMALL = ["--epochs", 1, "--width", 8, "--paths", 20, "--calibrations", 1]
    # Trained well enough that its forecasts mean something.
    TRAINED = ["--customers", 60, "--epochs", 6, "--width", 16, "--paths", 40]

    def result(self, *options):
        printed = self.succeed("backtest", *options, "--json", "out.json", "--html", "out.html")
        page = pathlib.Path(self.folder, "out.html").read_text("utf-8")
        xml.etree.ElementTree.fromstring(page.replace("<!DOCTYPE html>", ""))
        self.assertIn("Did the forecasts hold?", page)
        self.assertIn("compared with what happened", printed)
        text = pathlib.Path(self.folder, "out.json").read_text("utf-8")
        return text, json.loads(text)

    def test_forecasts_of_a_made_up_shop_hold(self):
        """Bounds are about one and a half times the worst of five seeds, of which this is one."""
        _, result = self.result("--synthetic", *self.TRAINED)
        # Errors by the outcome within a week and four, of the first ten, and of these by the truth.
        for name, limit in {"7d": 0.05, "28d": 0.08, "top_10": 0.1, "top_10_by_truth": 0.06}.items():
            self.assertLess(result["ece"].pop(name), limit, name)
        self.assertEqual(result["ece"], {})
        for horizon in ("7d", "28d"):
            brier = result["brier"][horizon]
            self.assertLess(brier["calibrated"], brier["baseline"], horizon)
            self.assertLessEqual(brier["calibrated"], brier["uncalibrated"], horizon)
            bins = result["reliability"][horizon]["bins"]
            self.assertGreater(len(bins), 6, "a constant forecast would hold, too")
            forecasts = [bin["forecast"] for bin in bins]
            self.assertEqual(forecasts, sorted(forecasts))
            self.assertLess(result["pit"]["purchase_count"][horizon]["distance"], 0.4, horizon)
        # A 90 % interval for each of 60 customers: four standard errors, and half as much more for
        # a model of six epochs.
        self.assertGreater(result["coverage"]["90"], 0.9 - 6 * math.sqrt(0.9 * 0.1 / 60))
        realism = result["realism"]
        ratio = realism["simulated_events"] / realism["real_events"]
        self.assertTrue(0.4 < ratio < 1.6, f"{ratio} simulated events for a real one")
        repeats = realism["simulated_repeats"] - realism["real_repeats"]
        self.assertLess(abs(repeats), 0.15)

    def test_the_same_seed_gives_the_same_result(self):
        shop = ["--synthetic", "--customers", 40, *self.SMALL]
        first, _ = self.result(*shop, "--threads", 1)
        second, _ = self.result(*shop, "--threads", 2)
        self.assertEqual(first, second)

    def test_what_if_trials(self):
        bench = pathlib.Path(settings.program).with_name("foretwin-bench")
        if not bench.exists():
            self.skipTest(f"there is no {bench}: swift build --product foretwin-bench")
        count = 20
        done = subprocess.run(
            [bench, "what-if-trials", "--count", str(count), "--customers", "100", "--epochs", "12",
             "--width", "16", "--paths", "20", "--calibrations", "2", "--json", "trials.json"],
            cwd=self.folder, text=True, capture_output=True, timeout=900,
            env={**os.environ, "FORETWIN_KEY": KEY}, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        trials = json.loads(pathlib.Path(self.folder, "trials.json").read_text("utf-8"))["whatIf"]
        self.assertEqual(len(trials), count)
        held = sum(trial["interval"][0] <= trial["trueChange"] <= trial["interval"][1]
                   for trial in trials)
        self.assertIn(f"{held} of {count} intervals", done.stdout)
        # Nine of ten, and no less than that by more than three standard errors.
        self.assertGreaterEqual(held, count * 0.9 - 3 * math.sqrt(count * 0.9 * 0.1))
        # Intervals are not so wide that they say nothing: most are shorter than what is bought.
        short = sum(trial["interval"][1] - trial["interval"][0] < 2 * trial["trueUsual"]
                    for trial in trials)
        self.assertGreater(short, count / 2)

    def test_a_store_and_what_cannot_be_asked(self):
        self.succeed("generate-shop", "--customers", 30, "--items", 40, "--days", 90)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        _, result = self.result(
            "--customers", 10, "--horizon", "3d,10d", *self.SMALL)
        self.assertEqual(result["customers"], 10)
        self.assertEqual(sorted(result["brier"]), ["10d", "3d"])
        for options, part in (
                (["--origin", "2031-01-01"], "is not known yet"),
                (["--origin", "2020-01-01"], "at least 10 events"),
                (["--origin", "soon"], "--origin is 'soon'"), (["--horizon", "0d"], "--horizon"),
                (["--horizon", "7w"], "--horizon"), (["--customers", 0], "--customers"),
                (["--paths", 0], "--paths"), (["--calibrations", 0], "--calibrations"),
                (["--synthetic", "--origin", "2026-02-01"], "--origin is for a store")):
            answer = self.foretwin("backtest", *self.SMALL, *options)
            self.assertNotEqual(answer.returncode, 0, options)
            self.assertIn(part, answer.stderr, options)
            self.assertNotIn("Fatal", answer.stderr)
