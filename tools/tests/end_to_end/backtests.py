"""Forecasts are compared with what came."""

import json
import pathlib
import xml.etree.ElementTree

from .support import Case


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
        _, asked = self.result("--synthetic", "--customers", 40, "--what-if", 2)
        self.assertEqual(len(asked["whatIf"]), 2)
        for trial in asked["whatIf"]:
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
