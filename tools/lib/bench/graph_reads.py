"""Reads of one twin: loading it, its two-hop neighbourhood and its strongest edges."""

import sys

import networkx_peer
import twin
from programs import HERE, BenchError, compile_c, run_json, say
from report import row

EDGES = 500
GOAL_LOAD = 0.7
LOAD_LIMIT_US = 50.0


class Reads:
    """The programs and the twin that the read rows share."""

    def __init__(self, options, scratch, binaries):
        self.options = options
        self.scratch = scratch
        self.iterations = 2_000 if options.quick else 20_000
        self.loader = compile_c("loadtwin", binaries, "-llmdb")
        self.store = scratch.new_store("read")
        self.twin_file = scratch.path / "twin.jsonl"

    def foretwin(self, phase, *more, iterations=None):
        """Runs one phase of `foretwin-bench graph`; returns what it prints."""
        return run_json([self.options.bench, "graph", "--store", self.store, phase,
                         "--edges", EDGES, "--iterations", iterations or self.iterations, *more])

    def prepare(self):
        """Fills the store, and writes the twin for the peers."""
        run_json([self.options.bench, "graph", "--store", self.store, "--customers",
                  self.options.customers, "--events", self.options.events, "--seed",
                  self.options.seed, "ingest"])
        result = self.foretwin("load", "--write-twin", self.twin_file, iterations=10)
        edges = twin.read(self.twin_file)
        if len(edges) != result["edges"]:
            raise BenchError(f"the twin's file has {len(edges)} edges, not {result['edges']}")
        return edges

    def load_in_c(self, ours):
        """The C program over the key ranges that Foretwin read."""
        prefixes = ours["key_prefix_hex"]
        prefixes = [prefixes] if isinstance(prefixes, str) else prefixes
        theirs = run_json([self.loader, self.store, ours["table"], self.iterations, *prefixes])
        if theirs["entries"] < ours["edges"]:
            raise BenchError(f"the C program found {theirs['entries']} entries for a twin of "
                             f"{ours['edges']} edges under {prefixes}")
        return theirs

    def engine(self, name, facts):
        """Kùzu or Ladybug over the same twin, alone in its database."""
        return run_json(
            [sys.executable, HERE / "graph_peer.py", name, "read", "--twin", self.twin_file,
             "--folder", self.scratch.fresh(name), "--customer", facts["customer"], "--at",
             facts["at"], "--half-life-ms", facts["half_life_ms"], "--iterations",
             50 if self.options.quick else 500], timeout=600)


def check_same(name, ours, theirs):
    """Raises BenchError unless both answer alike: timing another answer would mean nothing."""
    if "nodes" in ours and ours["nodes"] != theirs["nodes"]:
        raise BenchError(f"{name} finds {theirs['nodes']} nodes in two hops, Foretwin "
                         f"{ours['nodes']}")
    if "top" not in ours:
        return
    weights = [[edge[3] for edge in answer["top"]] for answer in (ours, theirs)]
    if len(weights[0]) != len(weights[1]) or any(
            abs(a - b) > 1e-6 * max(1.0, abs(a)) for a, b in zip(*weights)):
        raise BenchError(f"{name} finds other strongest edges: {theirs['top']} for {ours['top']}")


def measure(options, scratch, binaries):
    """The rows, after runs that took turns."""
    work = Reads(options, scratch, binaries)
    say("filling a store to read from")
    edges = work.prepare()
    engines = {"kuzu": "Kùzu", "ladybug": "Ladybug"}
    runs = []
    for repetition in range(options.repetitions):
        say(f"reads, round {repetition + 1} of {options.repetitions}")
        load = work.foretwin("load")
        one = {"load": load, "C": work.load_in_c(load), "two_hop": work.foretwin("two-hop"),
               "top": work.foretwin("top")}
        graph = networkx_peer.graph(edges)
        one["networkx"] = networkx_peer.reads(graph, one["top"], work.iterations // 10)
        for name in engines:
            one[name] = work.engine(name, one["top"])
        for peer in ("networkx", *engines):
            for phase in ("two_hop", "top"):
                check_same(peer, one[phase], one[peer][phase])
        runs.append(one)

    def column(peer, key, phase=None):
        return [(each[peer][phase] if phase else each[peer])[key] for each in runs]

    size = f"a twin of {runs[0]['load']['edges']} edges"
    rows = [
        row(f"load {size}, p50", "µs", column("load", "p50_us"), column("C", "p50_us"),
            "LMDB cursor and copy in C", GOAL_LOAD),
        row(f"load {size}, p99", "µs", column("load", "p99_us"), column("C", "p99_us"),
            "LMDB cursor and copy in C"),
        row(f"load {size}, p50", "µs", column("load", "p50_us"), [LOAD_LIMIT_US] * len(runs),
            "limit", 1.0),
    ]
    for phase, title in (("two_hop", "two hops from the customer"),
                         ("top", "10 strongest edges")):
        for peer, label in (("networkx", "networkx in memory"), *engines.items()):
            rows.append(row(f"{title}, p50", "µs", column(phase, "p50_us"),
                            column(peer, "p50_us", phase), label))
    return rows
