"""Runs the built program the way its users do: the demo, bad input, crashes, the server.

Usage: end_to_end.py PROGRAM [unittest arguments]
"""

import hashlib
import json
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
            event = {"event_id": "new-1", "user_id": "customer-0003", "type": "view",
                     "item_id": mine["items"][0]["item_id"], "timestamp": "2026-12-01T10:00:00Z"}
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
