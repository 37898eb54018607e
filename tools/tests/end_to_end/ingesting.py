"""Events come in: in any order, damaged, and after a kill."""

import json
import os
import pathlib
import random
import shutil
import subprocess
import time

from . import settings
from .support import HEADER, KEY, SEED, Case


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
                del twin["customer_key"]
                expected = expected or twin
                self.assertEqual(twin, expected, f"customer {name}, seed {SEED}")
        self.assertEqual(expected["event_count"], 50)


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
        self.assertEqual(sum(report["rejected_by_reason"].values()), 4)
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
                [settings.program, *map(str, ingest), "--store", store], cwd=self.folder,
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
