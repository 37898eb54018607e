"""Versions of models, and what they learned."""

import json
import os
import pathlib
import subprocess

from . import settings
from .support import KEY, Case, Server


class Models(Case):
    """Versions of a model are put into use and taken out again."""

    def train(self, *options):
        return json.loads(self.succeed("train", "--epochs", 1, "--width", 8, "--json", *options))

    def in_use(self):
        return [entry["version"] for entry in json.loads(self.succeed("models", "list", "--json"))
                if entry["is_in_use"]]

    def retrain(self, *options):
        return subprocess.run(
            [settings.ROOT / "tools/retrain", "--program", settings.program, *options,
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
