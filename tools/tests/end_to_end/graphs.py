"""Graphs are looked at, searched and moved."""

import collections
import datetime
import json
import math
import os
import pathlib
import random

from .support import HEADER, SEED, Case


class Graphs(Case):
    """Answers about graphs are those that follow from the exported graph."""

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
        moment = self.look("stats", *arguments)["source"]["as_of"]
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
        self.assertIn("PageRank", self.succeed("graph", "neighbours", "me", "--rank",
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
                    [(entry["type"], entry["count"], entry["occurrences"]) for entry in theirs["edges"]],
                    [(entry["type"], entry["count"], entry["occurrences"]) for entry in mine["edges"]])
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
