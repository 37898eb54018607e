"""The demo, and own data in three commands and on the server."""

import json
import os
import pathlib
import time

from .support import Case, Server, digest


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
