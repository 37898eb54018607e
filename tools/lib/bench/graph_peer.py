"""Kùzu or its successor Ladybug as a peer: the upserts of Foretwin's ingest, and reads of a twin.

    python3 graph_peer.py ladybug ingest --upserts FILE --folder DIR --batch 10000 \\
        --half-life-ms N --seconds S
    python3 graph_peer.py kuzu read --twin FILE --folder DIR --customer N --at MS \\
        --half-life-ms N --iterations N

Ingest runs one explicit transaction a batch, with UNWIND and MERGE in prepared statements. Every
twin has nodes of its own, so that its edges are never searched among those of other twins. An
event's id is the primary key of its node, which stands for the table of ids as well. Both engines
check their log to disk at each commit. Prints one JSON object.
"""

import argparse
import importlib
import json
import os
import sys
import time

import twin
import upserts

SCHEMA = [
    "CREATE NODE TABLE Event(id STRING PRIMARY KEY, graph INT64, time INT64, record BLOB)",
    "CREATE NODE TABLE Node(id STRING PRIMARY KEY, graph INT64, node INT64, label STRING, "
    "external STRING)",
    "CREATE NODE TABLE Twin(graph INT64 PRIMARY KEY, updated INT64, events INT64)",
    "CREATE REL TABLE Edge(FROM Node TO Node, type INT64, weight DOUBLE, count INT64, "
    "first INT64, last INT64)",
]

MERGE_EVENTS = """
UNWIND $rows AS row
MERGE (e:Event {id: row.id})
ON CREATE SET e.graph = row.graph, e.time = row.time, e.record = BLOB(row.record)
"""
MERGE_NODES = """
UNWIND $rows AS row
MERGE (n:Node {id: row.id})
ON CREATE SET n.graph = row.graph, n.node = row.node, n.label = row.label, n.external = row.external
"""
MERGE_TWINS = """
UNWIND $rows AS row
MERGE (t:Twin {graph: row.graph})
ON CREATE SET t.updated = row.updated, t.events = row.events
ON MATCH SET t.updated = row.updated, t.events = t.events + row.events
"""
MERGE_EDGES = """
UNWIND $rows AS row
MATCH (a:Node {id: row.source}), (b:Node {id: row.target})
MERGE (a)-[e:Edge {type: row.type}]->(b)
ON CREATE SET e.weight = row.delta, e.count = row.count, e.first = row.first, e.last = row.last
ON MATCH SET e.weight = e.weight * pow(2.0, (e.last - row.last) / $half) + row.delta,
    e.count = e.count + row.count, e.last = row.last
"""

TWO_HOP = """
MATCH (c:Node {id: $id})-[:Edge]->(a:Node)
OPTIONAL MATCH (a)-[:Edge]->(b:Node)
RETURN a.id, b.id
"""
TOP = """
MATCH (a:Node)-[e:Edge]->(b:Node)
RETURN a.node, e.type, b.node, e.weight * pow(2.0, (e.last - $at) / $half) AS weight
ORDER BY weight DESC LIMIT 10
"""


def prepare(batch):
    """The batch as parameters of the statements; not part of the time."""
    return {
        "events": [{"id": f"{graph}:{tie}", "graph": graph, "time": at,
                    "record": "".join(f"\\x{record[i:i + 2]}" for i in range(0, len(record), 2))}
                   for graph, at, tie, record in batch["log"]],
        "nodes": [{"id": f"{graph}:{node}", "graph": graph, "node": node, "label": label,
                   "external": name} for graph, node, label, name in batch["nodes"]],
        "twins": [{"graph": graph, "updated": updated, "events": events}
                  for graph, updated, events in batch["twins"]],
        "edges": [{"source": f"{graph}:{source}", "target": f"{graph}:{target}", "type": kind,
                   "delta": float(delta), "count": count, "first": first, "last": last}
                  for graph, source, kind, target, delta, count, first, last in batch["edges"]],
    }


class Engine:
    """A database of either engine."""

    def __init__(self, name, folder):
        self.module = importlib.import_module(name)
        self.database = self.module.Database(os.path.join(folder, "peer.db"))
        self.connection = self.module.Connection(self.database)
        for statement in SCHEMA:
            self.connection.execute(statement)
        self.half = 1.0

    def write(self, batch):
        """Stores one batch, durable when this returns."""
        run = self.connection.execute
        run("BEGIN TRANSACTION")
        run(MERGE_EVENTS, {"rows": batch["events"]})
        run(MERGE_NODES, {"rows": batch["nodes"]})
        run(MERGE_TWINS, {"rows": batch["twins"]})
        run(MERGE_EDGES, {"rows": batch["edges"], "half": self.half})
        run("COMMIT")


def ingest(options):
    # No more is prepared than can be done in the time.
    batches = upserts.read(options.upserts, options.batch, options.events)
    prepared = [prepare(upserts.merge([batch], options.half_life_ms)) for batch in batches]
    engine = Engine(options.engine, options.folder)
    engine.half = options.half_life_ms
    events = 0
    started = time.perf_counter()
    for batch in prepared:
        engine.write(batch)
        events += len(batch["events"])
        if time.perf_counter() - started > options.seconds:
            break
    elapsed = time.perf_counter() - started
    return {"events": events, "seconds": elapsed, "batch": options.batch}


def read(options):
    engine = Engine(options.engine, options.folder)
    edges = twin.read(options.twin)
    nodes = sorted({node for edge in edges for node in (edge.source, edge.target)})
    run = engine.connection.execute
    run(MERGE_NODES, {"rows": [{"id": f"1:{node}", "graph": 1, "node": node, "label": "",
                                "external": str(node)} for node in nodes]})
    run(MERGE_EDGES, {"half": options.half_life_ms, "rows": [
        {"source": f"1:{edge.source}", "target": f"1:{edge.target}", "type": edge.type,
         "delta": edge.weight, "count": 1, "first": edge.last, "last": edge.last}
        for edge in edges]})
    two_hop = engine.connection.prepare(TWO_HOP)
    top = engine.connection.prepare(TOP)
    customer = f"1:{options.customer}"

    def neighbourhood():
        found = set()
        for row in run(two_hop, {"id": customer}).get_all():
            found.update(row)
        return found - {None, customer}

    def strongest():
        values = {"at": options.at, "half": options.half_life_ms}
        return run(top, values).get_all()

    return {
        "two_hop": dict(twin.measure(neighbourhood, options.iterations),
                        nodes=len(neighbourhood())),
        "top": dict(twin.measure(strongest, options.iterations), top=strongest()),
    }


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("engine", choices=["kuzu", "ladybug"])
    parser.add_argument("work", choices=["ingest", "read"])
    parser.add_argument("--folder", required=True)
    parser.add_argument("--half-life-ms", type=float, required=True)
    parser.add_argument("--upserts")
    parser.add_argument("--batch", type=int, default=1000)
    parser.add_argument("--events", type=int, help="as many as can be done at most")
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--twin")
    parser.add_argument("--customer", type=int)
    parser.add_argument("--at", type=float)
    parser.add_argument("--iterations", type=int, default=500)
    options = parser.parse_args(arguments)
    print(json.dumps(ingest(options) if options.work == "ingest" else read(options)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
