"""What is kept of people, and what consent and erasure reach."""

import json
import re
import subprocess
import time

from .server import Server
from .support import HEADER, QUICK_TRAIN, Case, attack
from .tensors import sequences

CONTEXT = ("weather-berlin.json", "weather-lyon.json", "weather-dublin.json",
           "weather-vienna.json")


class Erasure(Case):
    """A customer whose purchases nobody else has in this order."""

    CANARY = "canary-customer"

    def items(self):
        """Thirty items of the shop, in an order of their own."""
        return [f"item-{(7 * n * n + 3 * n) % 60 + 1:04}" for n in range(30)]

    def ingest_canary(self):
        self.shop()
        self.file("canary.csv", HEADER + "".join(
            f"canary-{n},{self.CANARY},{item},purchase,2026-03-{n % 19 + 1:02}T10:{n:02}:00Z\n"
            for n, item in enumerate(sorted(self.items()))))
        self.file("canary.csv", HEADER + "".join(
            f"canary-{n},{self.CANARY},{item},purchase,{1_772_000_000 + 9_000 * n}\n"
            for n, item in enumerate(self.items())))
        self.succeed("ingest", "canary.csv")

    def versions_with_canary(self):
        """The versions that keep the canary's items in their order, or most of them."""
        found = []
        for file in sorted((self.folder / "models").rglob("model.safetensors")):
            if any(is_like(row, self.items()) for row in sequences(file.parent)):
                found.append(file.parent.name)
        return found

    @attack("F4", "erase a customer whom two versions were trained with")
    def test_models_forget(self):
        self.ingest_canary()
        self.succeed(*QUICK_TRAIN)
        self.succeed(*QUICK_TRAIN, "--seed", 8)
        before = self.versions_with_canary()
        if not before:
            raise RuntimeError("no version has the customer's sequence before the erasure")
        self.succeed("twin", "erase", self.CANARY, "--yes")
        after = self.versions_with_canary()
        other = self.run_program("recommend", "customer-0003", "--paths", 20)
        self.saw(f"in {before} before, in {after or 'none'} after; recommend of another: {other}")
        self.harmless([
            f"{', '.join(after)} still hold the sequence" if after else "",
            "expected recommend of another customer to work" if other.code != 0 else ""])

    @attack("F4", "erase while the checkpoint of a training lies there")
    def test_checkpoints_forget(self):
        self.ingest_canary()
        models = self.folder / "models/default"
        process = self.start(
            "train", "--epochs", 200, "--width", 32, "--backtest-customers", 0,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if list(models.glob(".training/*")) or process.poll() is not None:
                break
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                pass
        process.kill()
        process.wait()
        files = [path for path in models.rglob("*") if ".training" in path.as_posix()]
        if not files:
            raise RuntimeError("no checkpoint was seen")
        result = self.run_program("twin", "erase", self.CANARY, "--yes")
        left = [path.name for path in models.rglob("*")
                if ".training" in path.as_posix() and path.is_file()]
        self.saw(f"{result}; left of the checkpoint: {left or 'nothing'}")
        self.harmless(["expected the checkpoint to be removed or named"
                       if left and ".training" not in result.text else "",
                       "expected the erasure to work" if result.code else ""])

    @attack("F8", "erase without compaction, then verify and serve")
    def test_bytes_that_wait_are_remembered(self):
        self.shop()
        self.succeed("twin", "erase", "customer-0001", "--yes", "--no-compact")
        said = re.compile(r"compact", re.IGNORECASE)
        verify = self.run_program("verify")
        server = Server(self, level="info")
        time.sleep(0.5)
        served = server.said
        server.stop()
        self.succeed("compact")
        cleared = self.run_program("verify")
        told = {"verify": said.search(verify.text), "serve": said.search(served)}
        self.saw(", ".join(f"{name} {'says it' if found else 'is silent'}"
                           for name, found in told.items()))
        self.harmless([
            *(f"expected {name} to say that bytes wait for compaction"
              for name, found in told.items() if not found),
            "expected verify to be silent after compact" if said.search(cleared.text) else ""])

    @attack("F8", "erase beside a kept former store, rejects and a fleet file")
    def test_siblings_are_named(self):
        self.shop()
        self.file("bad.csv", HEADER + "1,customer-0001,tea,nope,2026-01-01\n")
        self.succeed("ingest", "bad.csv", "--rejects", "graph-data/rejects.txt")
        self.succeed("backup", "shop.backup")
        self.succeed("restore", "shop.backup", "--replace")
        kept = sorted(path.name for path in (self.folder / "graph-data").iterdir()
                      if "before-restore" in path.name)
        if not kept:
            raise RuntimeError("the restore kept no former store")
        result = self.run_program("twin", "erase", "customer-0001", "--yes")
        self.saw(f"kept {kept}; erase says: {' '.join(result.out.split())[-200:]}")
        self.assertTrue(kept[0] in result.text or not list(
            (self.folder / "graph-data").glob("*before-restore*")),
            f"expected erase to name {kept[0]}")

    @attack("F25", "ids on the command line: twin erase --file -")
    def test_ids_can_be_read_from_a_file(self):
        self.shop()
        result = self.run_program("twin", "erase", "--file", "-", "--yes",
                                  stdin=b"customer-0001\ncustomer-0002\n")
        self.saw(result)
        shown = json.loads(self.succeed(
            "twin", "show", "customer-0001", "customer-0002", "--json"))
        self.assertTrue(result.code == 0 and all(twin["event_count"] == 0 for twin in shown),
                        "expected both to be erased")

    @attack("F25", "reports without a content security policy")
    def test_reports_forbid_scripts(self):
        self.shop()
        self.succeed("report", "customer-0003", "-o", "page.html")
        page = (self.folder / "page.html").read_text("utf-8")
        found = re.search(r"<meta[^>]*Content-Security-Policy[^>]*>", page, re.IGNORECASE)
        self.saw(found[0][:120] if found else "no policy")
        self.assertIsNotNone(found, "expected a Content-Security-Policy in a <meta>")


def is_like(row, items):
    """Whether most of what follows what in one sequence follows in the other, too."""
    pairs = set(zip(items, items[1:]))
    return len(pairs & set(zip(row, row[1:]))) > len(pairs) * 0.6


class Consent(Case):
    """What customers forbid is not learned from."""

    def prepare(self):
        self.succeed("generate-shop", "--customers", 120, "--items", 40, "--days", 130)
        self.succeed("ingest", "shop/events.csv", "--items", "shop/items.csv")
        for name in CONTEXT:
            city = name.removeprefix("weather-").removesuffix(".json").capitalize()
            self.succeed("context", "add", f"shop/context/{name}", "--city", city)
        self.succeed("context", "add", "shop/context/events.ics")
        self.succeed("context", "add", "shop/context/trends.csv")

    def response(self, version):
        path = self.folder / "models/default" / version / "response.json"
        return json.loads(path.read_text("utf-8"))

    def customers(self):
        lines = (self.folder / "shop/events.csv").read_text("utf-8").splitlines()
        return sorted({line.split(",")[0] for line in lines[1:]})

    @attack("F7", "train after all customers have forbidden weather, trends and events", slow=True)
    def test_training_hears_consent(self):
        self.prepare()
        self.succeed(*QUICK_TRAIN)
        for customer in self.customers():
            self.succeed("twin", "consent", customer, "--forbid", "weather,trends,events")
        self.succeed(*QUICK_TRAIN)
        first, second = self.response("v0001"), self.response("v0002")
        if not first["features"]:
            raise RuntimeError("nothing was learned before")
        self.saw(f"learned of {len(first['features'])} features before, of "
                 f"{len(second['features'])} after; usual of {len(second['usual'])} cities after")
        learned = [value for row in second["coefficients"] for value in numbers(row)]
        self.harmless([
            "response.json is the same" if first == second else "",
            "expected no coefficient of a feature other than 0"
            if second["features"] and any(learned) else ""])

    @attack("F7", "train after the only customers of a city have forbidden all")
    def test_training_hears_the_consent_of_a_city(self):
        self.prepare()
        lines = [line.split(",") for line in
                 (self.folder / "shop/events.csv").read_text("utf-8").splitlines()]
        place = lines[0].index("city")
        people = sorted({line[0] for line in lines[1:] if line[place] == "Lyon"})
        self.succeed(*QUICK_TRAIN)
        for customer in people:
            self.succeed("twin", "consent", customer, "--forbid", "weather,trends,events")
        self.succeed(*QUICK_TRAIN)
        first, second = self.response("v0001"), self.response("v0002")
        self.saw(f"{len(people)} customers of Lyon; usual of {sorted(first['usual'])} before, "
                 f"of {sorted(second['usual'])} after")
        self.harmless(["response.json is the same" if first == second else ""])


def numbers(value):
    """All numbers that a value of JSON holds, the first of each estimate alone."""
    if isinstance(value, dict):
        value = [value.get("value", value.get("mean", 0))]
    if isinstance(value, list):
        return [number for part in value for number in numbers(part)]
    return [value] if isinstance(value, (int, float)) else []
