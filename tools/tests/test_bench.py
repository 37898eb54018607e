"""Tests of tools/bench: its arithmetic, its peers on tiny data, and the recorder of LMDB's writes.

No network and no peers of the benchmark's own environment; what needs a C compiler and LMDB's
header is skipped where they are missing.
"""

import contextlib
import io
import json
import os
import pathlib
import random
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import unittest
from unittest import mock

TOOLS = pathlib.Path(__file__).resolve().parent.parent
LIBRARY = TOOLS / "lib" / "bench"
sys.path.insert(0, str(LIBRARY))

with mock.patch.object(sys, "dont_write_bytecode", True):
    import bench
    import graph_growth
    import graph_ingest
    import graph_peer
    import graph_reads
    import networkx_peer
    import programs
    import report
    import sqlite_peer
    import twin
    import upserts

HALF = 86_400_000.0


class InFolder(unittest.TestCase):
    """A test with a temporary folder of its own."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-bench-test."))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def assert_same_edges(self, left, right, message):
        self.assertEqual(set(left), set(right), message)
        for key, (weight, *rest) in left.items():
            self.assertAlmostEqual(weight, right[key][0], places=9, msg=message)
            self.assertEqual(rest, list(right[key][1:]), message)


class RowTests(InFolder):
    def test_rates_compare_ours_with_theirs(self):
        row = report.row("ingest", "events/s", [300.0], [100.0], "peer", 2.0)
        self.assertEqual((row.ratio, row.holds), (3.0, True))

    def test_of_times_and_sizes_less_is_better(self):
        for unit in ("s", "ms", "µs", "bytes/event"):
            row = report.row("load", unit, [50.0], [100.0], "peer", 2.5)
            self.assertEqual((row.ratio, row.holds), (2.0, False), unit)

    def test_a_ratio_is_the_median_of_rounds_and_not_the_ratio_of_medians(self):
        # The machine is ten times slower in the second round, for both.
        row = report.row("ingest", "events/s", [100.0, 11.0, 130.0], [100.0, 10.0, 100.0], "peer")
        self.assertAlmostEqual(row.ratio, 1.1)
        self.assertEqual(row.spread, (1.0, 1.3))
        self.assertEqual((row.ours, row.peer), (100.0, 100.0))

    def test_without_a_goal_nothing_holds_or_fails(self):
        row = report.row("ingest", "events/s", [1.0], [2.0], "peer")
        self.assertIsNone(row.goal)
        self.assertIsNone(row.holds)

    def test_a_goal_that_is_met_exactly_holds(self):
        self.assertTrue(report.row("x", "events/s", [5.0], [1.0], "peer", 5.0).holds)

    def test_rounds_must_pair_up(self):
        for ours, peer in (([1.0], [1.0, 2.0]), ([], [])):
            with self.assertRaises(ValueError):
                report.row("x", "events/s", ours, peer, "peer")

    def test_the_table_says_what_was_missed(self):
        rows = [report.row("short", "µs", [10.0], [1.0], "peer", 1.0),
                report.row("a longer name", "events/s", [12_345.6], [1_000.0], "other", 5.0)]
        lines = report.table(rows).splitlines()
        self.assertEqual(len(lines), 3)
        self.assertTrue(lines[1].endswith("MISSED"))
        self.assertTrue(lines[2].endswith("holds"))
        self.assertIn("12,346", lines[2])
        self.assertIn("12.3 ×", lines[2])

    def test_numbers_keep_three_digits_that_count(self):
        self.assertEqual(
            [report.number(value) for value in (1_234_567.0, 999.4, 12.34, 1.0, 0.0123)],
            ["1,234,567", "999", "12.3", "1", "0.012"])

    def test_the_json_is_what_programs_expect(self):
        path = self.folder / "out.json"
        report.write(path, [report.row("x", "µs", [1.0], [2.0], "C", 0.7)],
                     machine=report.machine(), failures=[])
        content = json.loads(path.read_text(encoding="utf-8"))
        self.assertLessEqual(
            {"name", "unit", "ours", "peer", "peer_name", "ratio", "goal", "holds"},
            set(content["rows"][0]))
        self.assertGreaterEqual(content["machine"]["cores"], 1)
        self.assertEqual(list(self.folder.iterdir()), [path])


def made_up_batches(source, batches=5, events=20):
    """Batches as Foretwin writes them, of few twins and items, so that edges come again."""
    made, time = [], 1_700_000_000_000
    for _ in range(batches):
        log, ids, nodes, twins, edges = [], [], [], [], []
        for _ in range(events):
            graph, item, tie = source.randrange(1, 4), source.randrange(6), source.getrandbits(62)
            time += source.randrange(-40_000_000, 60_000_000)
            log.append([graph, time, tie, f"{source.getrandbits(64):016x}"])
            ids.append([graph, tie, time])
            nodes.append([graph, 100 + item, "Item", f"item-{item}"])
            twins.append([graph, time, 1])
            edges.append([graph, 1, source.randrange(2), 100 + item, source.random() + 0.1, 1,
                          time, time])
        made.append({"log": log, "ids": ids, "nodes": nodes, "twins": twins, "edges": edges})
    return made


def folded_edges(batches):
    """All edges after the batches: weight as of the last time, count, first, last."""
    edges = {}
    for batch in batches:
        for row in batch["edges"]:
            key, new = tuple(row[:4]), list(row[4:])
            edges[key] = upserts.add_edge(edges[key], new, HALF) if key in edges else new
    return edges


class UpsertTests(InFolder):
    def test_weights_fade_by_half_every_half_life(self):
        self.assertEqual(upserts.decay(0, HALF), 1.0)
        self.assertEqual(upserts.decay(-5, HALF), 1.0)
        self.assertAlmostEqual(upserts.decay(HALF, HALF), 0.5)
        self.assertAlmostEqual(upserts.decay(3 * HALF, HALF), 0.125)

    def test_a_late_contribution_fades_before_it_is_added(self):
        known = [1.0, 2, 50, 1000 + int(HALF)]
        self.assertEqual(upserts.add_edge(known, [1.0, 1, 1000, 1000], HALF),
                         [1.5, 3, 50, 1000 + int(HALF)])

    def test_merged_batches_do_what_the_batches_do(self):
        for seed in range(20):
            batches = made_up_batches(random.Random(seed))
            merged = upserts.merge(batches, HALF)
            self.assert_same_edges(
                folded_edges([merged]), folded_edges(batches), f"seed {seed}")
            keys = [tuple(row[:4]) for row in merged["edges"]]
            self.assertEqual(len(keys), len(set(keys)), f"seed {seed}")
            self.assertEqual(sum(row[2] for row in merged["twins"]), 100, f"seed {seed}")
            self.assertEqual(len(merged["log"]), 100, f"seed {seed}")

    def test_reading_joins_batches_up_to_a_size(self):
        lines = made_up_batches(random.Random(1), batches=7, events=10)
        path = self.write("u.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        for size, expected in ((1, [10] * 7), (10, [10] * 7), (25, [30, 30, 10]), (999, [70])):
            batches = upserts.read(path, size)
            self.assertEqual([len(batch["log"]) for batch in batches], expected)
            self.assertEqual([row for batch in batches for row in batch["edges"]],
                             [row for line in lines for row in line["edges"]])

    def test_reading_stops_after_as_many_events_as_are_needed(self):
        lines = made_up_batches(random.Random(1), batches=7, events=10)
        path = self.write("u.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
        self.assertEqual(sum(len(b["log"]) for b in upserts.read(path, 10, 35)), 40)


class SQLitePeerTests(InFolder):
    def ingest(self, batches, size):
        path = self.write("u.jsonl", "".join(json.dumps(batch) + "\n" for batch in batches))
        folder = self.folder / str(size)
        folder.mkdir()
        with contextlib.redirect_stdout(io.StringIO()) as output:
            sqlite_peer.main(["--upserts", str(path), "--folder", str(folder), "--batch",
                              str(size), "--half-life-ms", str(HALF)])
        connection = sqlite3.connect(folder / "peer.sqlite")
        self.addCleanup(connection.close)
        return json.loads(output.getvalue()), connection

    def test_it_stores_what_the_fold_gives_at_any_batch_size(self):
        batches = made_up_batches(random.Random(3))
        for size in (1, 40, 1000):
            result, connection = self.ingest(batches, size)
            self.assertEqual(result["events"], 100)
            self.assertGreater(result["seconds"], 0)
            stored = {row[:4]: list(row[4:])
                      for row in connection.execute("SELECT * FROM edges")}
            self.assert_same_edges(stored, folded_edges(batches), f"batches of {size}")
            counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                      for table in ("log", "ids", "twins")]
            self.assertEqual(counts, [100, 100, 3])
            self.assertEqual(
                connection.execute("SELECT sum(events) FROM twins").fetchone()[0], 100)

    def test_it_is_as_durable_as_what_it_is_compared_with(self):
        connection = sqlite_peer.connect(str(self.folder))
        self.addCleanup(connection.close)
        self.assertEqual(connection.execute("PRAGMA journal_mode").fetchone()[0], "wal")
        self.assertEqual(connection.execute("PRAGMA synchronous").fetchone()[0], 2)

    def test_edges_are_found_from_both_ends(self):
        connection = sqlite_peer.connect(str(self.folder))
        self.addCleanup(connection.close)
        for column in ("source", "target"):
            plan = str(connection.execute(
                f"EXPLAIN QUERY PLAN SELECT * FROM edges WHERE graph = 1 AND {column} = 2"
            ).fetchall())
            self.assertIn("SEARCH", plan)


class GraphPeerTests(unittest.TestCase):
    def test_the_rows_of_a_batch_have_what_the_statements_name(self):
        rows = graph_peer.prepare({
            "log": [[1, 5, 9, "00ff"]], "ids": [[1, 9, 5]], "nodes": [[1, 7, "Item", "milk"]],
            "twins": [[1, 5, 1]], "edges": [[1, 7, 2, 8, 1, 1, 5, 5]]})
        self.assertEqual(rows["events"][0],
                         {"id": "1:9", "graph": 1, "time": 5, "record": "\\x00\\xff"})
        self.assertEqual(rows["nodes"][0]["id"], "1:7")
        self.assertEqual(
            (rows["edges"][0]["source"], rows["edges"][0]["target"]), ("1:7", "1:8"))
        self.assertIsInstance(rows["edges"][0]["delta"], float)
        for part, statement in (("events", graph_peer.MERGE_EVENTS),
                                ("nodes", graph_peer.MERGE_NODES),
                                ("twins", graph_peer.MERGE_TWINS),
                                ("edges", graph_peer.MERGE_EDGES)):
            for name in rows[part][0]:
                self.assertIn(f"row.{name}", statement)


class TwinTests(InFolder):
    EDGES = [twin.Edge(1, 2, 10, 4.0, 1000), twin.Edge(1, 3, 10, 1.0, 1000),
             twin.Edge(1, 2, 11, 3.0, 1000 - int(HALF)), twin.Edge(10, 5, 12, 2.0, 1000),
             twin.Edge(12, 5, 13, 9.0, 1000), twin.Edge(10, 5, 1, 1.0, 1000)]

    def test_the_file_of_a_twin_is_read_back(self):
        path = self.write("t.jsonl", "".join(json.dumps(edge._asdict()) + "\n"
                                             for edge in self.EDGES))
        self.assertEqual(twin.read(path), self.EDGES)

    def test_percentiles_of_few_values_stay_inside(self):
        self.assertEqual([twin.percentile([1, 2, 3, 4], share) for share in (0, 0.5, 0.99, 1)],
                         [1, 3, 4, 4])
        self.assertEqual(twin.percentile([7], 0.5), 7)

    def test_a_measurement_warms_up_and_runs_as_often_as_asked(self):
        calls = []
        result = twin.measure(lambda: calls.append(1), 50)
        self.assertEqual(len(calls), 55)
        self.assertLessEqual(result["p50_us"], result["p99_us"])

    def test_the_strongest_edges_are_weighed_at_the_moment(self):
        class Graph:
            def edges(self, data):
                assert data == "types"
                for edge in TwinTests.EDGES:
                    yield edge.source, edge.target, {edge.type: (edge.weight, edge.last)}

        top = networkx_peer.strongest(Graph(), 1000, HALF, count=3)
        self.assertEqual([edge[:3] for edge in top], [[12, 5, 13], [1, 2, 10], [10, 5, 12]])
        self.assertEqual([edge[3] for edge in top], [9.0, 4.0, 2.0])

    def test_two_hops_leave_out_the_customer(self):
        class Graph:
            def successors(self, node):
                return [edge.target for edge in TwinTests.EDGES if edge.source == node]

        self.assertEqual(networkx_peer.two_hop(Graph(), 1), {10, 11, 12})

    def test_answers_that_differ_are_not_timed(self):
        graph_reads.check_same("x", {"nodes": 3}, {"nodes": 3})
        graph_reads.check_same("x", {"top": [[1, 2, 3, 0.5]]}, {"top": [[1, 9, 4, 0.5 + 1e-9]]})
        for ours, theirs in (({"nodes": 3}, {"nodes": 4}),
                             ({"top": [[1, 2, 3, 0.5]]}, {"top": [[1, 2, 3, 0.6]]}),
                             ({"top": [[1, 2, 3, 0.5]]}, {"top": []})):
            with self.assertRaises(programs.BenchError):
                graph_reads.check_same("x", ours, theirs)


class ProgramTests(InFolder):
    def test_the_last_json_line_counts(self):
        self.assertEqual(programs.last_json('say\n{"a": 1}\n{"a": 2}\ndone\n'), {"a": 2})
        for text in ("", "nothing", "{broken"):
            with self.assertRaises(programs.BenchError):
                programs.last_json(text)

    def test_a_failing_program_is_named_with_its_last_words(self):
        with self.assertRaisesRegex(programs.BenchError, "(?s)failed with 3: .*no such store"):
            programs.run([sys.executable, "-c",
                          "import sys; print('no such store', file=sys.stderr); sys.exit(3)"])

    def test_a_missing_program_and_a_slow_one_are_errors_of_the_benchmark(self):
        with self.assertRaisesRegex(programs.BenchError, "cannot run"):
            programs.run([self.folder / "missing"])
        with self.assertRaisesRegex(programs.BenchError, "took more than"):
            programs.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)

    def test_no_compiler_is_said_plainly(self):
        with mock.patch.dict(os.environ, {"PATH": str(self.folder), "CC": ""}):
            with self.assertRaisesRegex(programs.BenchError, "no C compiler"):
                programs.compiler()

    def test_scratch_folders_are_empty_and_go_away(self):
        scratch = programs.Scratch(self.folder / "a" / "b")
        (scratch.fresh("x") / "file").write_text("x")
        self.assertEqual(list(scratch.fresh("x").iterdir()), [])
        store = scratch.new_store("y")
        self.assertFalse(store.exists())
        self.assertTrue(store.parent.is_dir())
        scratch.remove()
        self.assertFalse(scratch.path.exists())


class PlanTests(InFolder):
    def test_the_best_batch_size_is_the_fastest_that_worked(self):
        def measure(size):
            if size == 3:
                raise programs.BenchError("too slow")
            return {1: 10.0, 2: 30.0}[size]

        with contextlib.redirect_stderr(io.StringIO()):
            self.assertEqual(graph_ingest.best_batch("x", (1, 2, 3), measure), 2)
            with self.assertRaisesRegex(programs.BenchError, "no batch size"):
                graph_ingest.best_batch("x", (3,), measure)

    def test_writes_an_event_are_told_by_table(self):
        text = graph_ingest.writes_per_event(
            {"tables": [{"name": "log", "puts": 200}, {"name": "meta", "puts": 0},
                        {"name": "graph", "puts": 850}]}, 200)
        self.assertEqual(text, "writes an event: log 1.00, graph 4.25")

    def test_growth_is_judged_by_the_slowest_million_and_by_the_whole(self):
        def point(events, seconds):
            stored = {"file_bytes": 4 * events, "tables": [{"name": "log", "bytes": 3 * events}]}
            return graph_growth.point(events, {"events": 10, "seconds": seconds}, stored)

        curve = [point(10, 1), point(20, 4), point(30, 1)]
        slowest, whole, store = graph_growth.rows_of(curve, 10)
        self.assertIn("up to 20", slowest.name)
        self.assertEqual((slowest.ratio, slowest.holds), (0.25, False))
        self.assertAlmostEqual(whole.ratio, 0.3)
        self.assertEqual((store.ours, curve[0]["bytes_per_event"]), (4, {"log": 3}))

    def test_what_a_program_prints_is_read_as_it_comes(self):
        lines = "print('{\"a\": 1}', flush=True); print('{\"a\": 2}')"
        self.assertEqual(
            list(programs.stream_json([sys.executable, "-c", lines])), [{"a": 1}, {"a": 2}])
        with self.assertRaisesRegex(programs.BenchError, "failed with 3"):
            list(programs.stream_json([sys.executable, "-c", "raise SystemExit(3)"]))

    def test_bytes_of_an_event_are_told_by_table(self):
        parts = graph_growth.composition(
            [{"name": "ids", "bytes": 100}, {"name": "log", "bytes": 500},
             {"name": "empty", "bytes": 0}], 10)
        self.assertEqual(list(parts.items()), [("log", 50.0), ("ids", 10.0)])

    def test_each_mode_has_its_sizes(self):
        def parsed(*more):
            return bench.parse(["graph", "--program", "p", "--folder", "f", *more])

        self.assertEqual((parsed().events, parsed().customers), (200_000, 5_000))
        self.assertEqual(parsed("--quick").repetitions, 1)
        self.assertEqual(
            bench.parse(["graph", "--program", "a/foretwin", "--folder", "f"]).bench,
            "a/foretwin-bench")
        self.assertEqual(parsed("--bench", "b").bench, "b")
        self.assertEqual(parsed("--growth").events, 50_000_000)
        self.assertEqual(parsed("--events", "30", "--customers", "2").customers, 2)
        with contextlib.redirect_stderr(io.StringIO()):
            for wrong in (["--events", "0"], ["--repetitions", "-1"], ["--what"]):
                with self.assertRaises(SystemExit):
                    parsed(*wrong)

    def test_what_cannot_be_measured_is_said_and_fails(self):
        out = self.folder / "out.json"
        with contextlib.redirect_stderr(io.StringIO()) as said:
            code = bench.main(["graph", "--program", str(self.folder / "missing"), "--folder",
                               str(self.folder / "work"), "--json", str(out)])
        self.assertEqual(code, 1)
        self.assertIn("NOT MEASURED", said.getvalue())
        self.assertEqual(len(json.loads(out.read_text(encoding="utf-8"))["failures"]), 1)
        self.assertEqual(list((self.folder / "work").iterdir()), [])


class CommandTests(unittest.TestCase):
    def run_bench(self, *arguments):
        return subprocess.run([TOOLS / "bench", *arguments], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)

    def test_help_says_how_to_call_it(self):
        for arguments in (["--help"], ["graph", "--help"]):
            done = self.run_bench(*arguments)
            self.assertEqual(done.returncode, 0)
            self.assertIn("tools/bench graph", done.stdout)

    def test_a_wrong_area_is_a_wrong_call(self):
        for arguments in ([], ["--json"], ["nothing"], ["../graph"]):
            self.assertEqual(self.run_bench(*arguments).returncode, 2, arguments)


# Writes by every function that the recorder stands before; `dump` prints what a store holds.
WRITER = r"""
#include <lmdb.h>
#include <stdio.h>
#include <string.h>
#define OK(call) do { int code = (call); if (code) { \
    fprintf(stderr, "%s: %s\n", #call, mdb_strerror(code)); return 1; } } while (0)
static MDB_val bytes(const char *text) { return (MDB_val){strlen(text), (void *)text}; }
static int put(MDB_txn *txn, MDB_dbi table, const char *k, const char *v, unsigned flags) {
    MDB_val key = bytes(k), value = bytes(v);
    return mdb_put(txn, table, &key, &value, flags);
}
static void hex(MDB_val value) {
    for (size_t i = 0; i < value.mv_size; i++) printf("%02x", ((unsigned char *)value.mv_data)[i]);
}
int main(int argc, char **argv) {
    MDB_env *env, *other;
    MDB_txn *txn, *reader, *child;
    MDB_dbi a, b;
    MDB_cursor *cursor;
    MDB_val key, value;
    OK(mdb_env_create(&env));
    OK(mdb_env_set_mapsize(env, 1 << 24));
    OK(mdb_env_set_maxdbs(env, 4));
    OK(mdb_env_open(env, argv[2], MDB_NOTLS, 0600));
    OK(mdb_txn_begin(env, NULL, 0, &txn));
    OK(mdb_dbi_open(txn, "a", MDB_CREATE, &a));
    OK(mdb_dbi_open(txn, "b", MDB_CREATE, &b));
    OK(mdb_txn_commit(txn));
    if (!strcmp(argv[1], "dump")) {
        OK(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn));
        for (int i = 0; i < 2; i++) {
            OK(mdb_cursor_open(txn, i ? b : a, &cursor));
            while (!mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
                printf("%d ", i), hex(key), printf(" "), hex(value), printf("\n");
            }
        }
        return 0;
    }
    OK(mdb_txn_begin(env, NULL, 0, &txn));
    OK(put(txn, a, "plain", "one", 0));
    if (put(txn, a, "plain", "other", MDB_NOOVERWRITE) != MDB_KEYEXIST) return 2;
    key = bytes("reserved"), value.mv_size = 8, value.mv_data = NULL;
    OK(mdb_put(txn, a, &key, &value, MDB_RESERVE));
    memcpy(value.mv_data, "in place", 8);
    OK(put(txn, b, "gone", "x", 0));
    OK(mdb_drop(txn, b, 0));
    OK(put(txn, b, "stays", "", 0));
    OK(mdb_txn_commit(txn));

    OK(mdb_txn_begin(env, NULL, 0, &txn));
    OK(put(txn, a, "never", "aborted", 0));
    OK(put(txn, b, "neither", "this", 0));
    mdb_txn_abort(txn);

    OK(mdb_txn_begin(env, NULL, 0, &txn));
    OK(mdb_txn_begin(env, NULL, MDB_RDONLY, &reader));
    key = bytes("plain");
    OK(mdb_get(reader, a, &key, &value));
    mdb_txn_abort(reader);
    OK(mdb_get(txn, a, &key, &value));
    OK(put(txn, a, "first", "1", 0));
    OK(put(txn, a, "second", "2", 0));
    OK(put(txn, a, "third", "3", 0));
    key = bytes("second");
    OK(mdb_del(txn, a, &key, NULL));
    OK(mdb_cursor_open(txn, a, &cursor));
    key = bytes("third");
    OK(mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE));
    OK(mdb_cursor_del(cursor, 0));
    key = bytes("first"), value = bytes("fresh");
    if (mdb_cursor_put(cursor, &key, &value, MDB_NOOVERWRITE) != MDB_KEYEXIST) return 3;
    value = bytes("9");
    OK(mdb_cursor_put(cursor, &key, &value, MDB_CURRENT));
    key = bytes("zz"), value.mv_size = 4, value.mv_data = NULL;
    OK(mdb_cursor_put(cursor, &key, &value, MDB_RESERVE));
    memcpy(value.mv_data, "late", 4);
    OK(mdb_txn_commit(txn));

    OK(mdb_txn_begin(env, NULL, 0, &txn));
    OK(put(txn, b, "only b", "after", 0));
    OK(mdb_txn_commit(txn));
    if (!strcmp(argv[1], "nest")) {
        OK(mdb_txn_begin(env, NULL, 0, &txn));
        OK(mdb_txn_begin(env, txn, 0, &child));
        OK(put(child, a, "nested", "x", 0));
        OK(mdb_txn_commit(child));
        OK(mdb_txn_commit(txn));
    }
    if (argc > 3) {
        OK(mdb_env_create(&other));
        OK(mdb_env_open(other, argv[3], 0, 0600));
        OK(mdb_txn_begin(other, NULL, 0, &txn));
        OK(mdb_dbi_open(txn, NULL, 0, &a));
        OK(put(txn, a, "of another", "store", 0));
        OK(mdb_txn_commit(txn));
        mdb_env_close(other);
    }
    mdb_env_close(env);
    return 0;
}
"""


def can_compile():
    """Whether there is a C compiler that finds LMDB's header and library."""
    try:
        name = programs.compiler()
    except programs.BenchError:
        return False
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(
            [name, "-x", "c", "-o", f"{folder}/x", "-", "-llmdb"], capture_output=True,
            input=b"#include <lmdb.h>\nint main(void) { return !mdb_version(0, 0, 0); }",
            check=False).returncode == 0


@unittest.skipUnless(sys.platform == "linux" and can_compile(), "needs Linux, cc and liblmdb-dev")
class RecorderTests(InFolder):
    @classmethod
    def setUpClass(cls):
        cls.binaries = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-bench-test."))
        cls.addClassCleanup(shutil.rmtree, cls.binaries, ignore_errors=True)
        cls.recorder = programs.compile_c(
            "recorder", cls.binaries, "-shared", "-fPIC", "-ldl", "-lpthread")
        cls.replay = programs.compile_c("replay", cls.binaries, "-llmdb")
        cls.tables = programs.compile_c("tables", cls.binaries, "-llmdb")
        cls.loader = programs.compile_c("loadtwin", cls.binaries, "-llmdb")
        source = cls.binaries / "writer.c"
        source.write_text(WRITER, encoding="utf-8")
        cls.writer = cls.binaries / "writer"
        programs.run([programs.compiler(), "-o", cls.writer, source, "-llmdb"])

    def new(self, name):
        path = self.folder / name
        path.mkdir()
        return path

    def record(self, mode="write", *more):
        self.store = self.new("store")
        self.trace = self.folder / "trace.bin"
        programs.run([self.writer, mode, self.store, *more], {
            "LD_PRELOAD": str(self.recorder), "FORETWIN_TRACE": str(self.trace)})

    def dump(self, store):
        return programs.run([self.writer, "dump", store])

    def test_a_replay_leaves_the_same_store(self):
        self.record()
        copy = self.new("copy")
        result = programs.run_json([self.replay, self.trace, copy])
        self.assertEqual(self.dump(copy), self.dump(self.store))
        self.assertIn(b"in place".hex(), self.dump(copy))
        self.assertIn(b"late".hex(), self.dump(copy))
        self.assertNotIn(b"aborted".hex(), self.dump(copy))
        self.assertEqual((result["transactions"], result["setup"]), (4, 0))

    def test_reads_can_be_replayed_too_and_change_nothing(self):
        self.record()
        copy = self.new("copy")
        programs.run_json([self.replay, self.trace, copy, "--reads"])
        self.assertEqual(self.dump(copy), self.dump(self.store))

    def test_calls_are_counted_by_table_once_each(self):
        self.record()
        result = programs.run_json([self.replay, self.trace, self.new("copy")])
        tables = {table["name"]: table for table in result["tables"]}
        # liblmdb's own calls of its functions are not the program's.
        self.assertEqual(tables["a"]["puts"], 9)
        self.assertEqual(tables["a"]["existing"], 2)
        self.assertEqual(tables["a"]["deletes"], 2)
        self.assertEqual(tables["a"]["gets"], 1)
        self.assertEqual(tables["a"]["seeks"], 1)
        self.assertEqual(tables["b"]["puts"], 3)

    def test_time_is_taken_between_writes_to_a_table(self):
        self.record()
        result = programs.run_json([self.replay, self.trace, self.new("copy"), "--timed", "a"])
        # The opening comes before the first write to a, and b's last one after.
        self.assertEqual((result["transactions"], result["setup"]), (2, 2))
        self.assertLessEqual(result["commit_seconds"], result["seconds"])
        with self.assertRaisesRegex(programs.BenchError, "no table: c"):
            programs.run([self.replay, self.trace, self.new("again"), "--timed", "c"])

    def test_another_environment_is_not_recorded(self):
        self.record("write", self.new("other"))
        copy = self.new("copy")
        programs.run([self.replay, self.trace, copy])
        self.assertEqual(self.dump(copy), self.dump(self.store))

    def test_what_cannot_be_replayed_is_refused(self):
        self.record("nest")
        with self.assertRaisesRegex(programs.BenchError, "nested transaction"):
            programs.run([self.replay, self.trace, self.new("copy")])

    def test_a_damaged_trace_is_refused(self):
        self.record()
        whole = self.trace.read_bytes()
        for name, content in (("cut", whole[:-3]), ("other", b"x" * 100), ("empty", b"")):
            self.trace.write_bytes(content)
            with self.assertRaisesRegex(programs.BenchError, "is cut short|is not a trace"):
                programs.run([self.replay, self.trace, self.new(name)])

    def test_tables_are_told_with_their_pages(self):
        self.record()
        result = programs.run_json([self.tables, self.store])
        entries = {table["name"]: table["entries"] for table in result["tables"]}
        self.assertEqual((entries["a"], entries["b"], entries["(main)"]), (4, 2, 2))
        self.assertEqual(result["file_bytes"], (self.store / "data.mdb").stat().st_size)
        parts = sum(table["bytes"] for table in result["tables"])
        # All pages but the two that LMDB begins a file with.
        self.assertEqual(parts, result["file_bytes"] - 2 * 4096)

    def test_a_range_is_read_to_its_end(self):
        self.record()
        result = programs.run_json([self.loader, self.store, "a", 20, b"f".hex(), b"r".hex()])
        self.assertEqual(result["entries"], 2)
        self.assertEqual(result["bytes"], len("first9") + len("reservedin place"))
        self.assertLessEqual(result["p50_us"], result["p99_us"])


if __name__ == "__main__":
    unittest.main()
