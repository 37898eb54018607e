"""Tests of tools/torture: its replay of power cuts, its damage, and its judgement."""

import collections
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import textwrap
import unittest
import unittest.mock

TOOLS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOOLS / "lib"))

from torture import corruption, disk_full, double_open, kills, mutations, oplog  # noqa: E402
from torture import pages, power_cuts, recording, replay, suite, workload  # noqa: E402
from torture.program import Program, Result, are_same, event_count, twins  # noqa: E402

SEED = 20260301
FILE = 7


def write(start, data, is_synchronous=False, file=FILE):
    return oplog.Record(oplog.WRITE, file, start, is_synchronous=is_synchronous, data=data)


def barrier(began, is_synchronous=False, file=FILE):
    return oplog.Record(oplog.BARRIER, file, began, is_synchronous=is_synchronous)


def answer(status, port):
    return oplog.Record(oplog.ANSWER, first=status, second=port)


NAMED = [oplog.Record(oplog.NAME, FILE), oplog.Record(oplog.FOLDER)]


def encode(record):
    return oplog.HEADER.pack(
        oplog.MAGIC, record.kind, record.is_synchronous, 0, record.file, record.first,
        record.second, len(record.data)) + record.data


def page(letter, count=1):
    return letter.encode() * (replay.PAGE * count)


class FolderTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="foretwin-test-"))
        self.addCleanup(shutil.rmtree, self.folder)


class Log(unittest.TestCase):
    def test_records_come_back_as_they_were_written(self):
        records = [write(4096, b"abc", True), barrier(0), answer(200, 1234), *NAMED]
        self.assertEqual(oplog.parse(b"".join(map(encode, records))), records)

    def test_a_record_cut_off_by_the_end_is_left_out(self):
        log = encode(write(0, b"first")) + encode(write(5, b"second"))
        for length in range(len(log)):
            self.assertEqual(len(oplog.parse(log[:length])), int(length >= len(log) // 2))

    def test_something_else_is_refused(self):
        with self.assertRaises(oplog.LogError):
            oplog.parse(b"x" * 100)

    def test_other_files_are_left_out_and_places_stay(self):
        records = [write(0, b"other", file=8), *NAMED, write(0, b"ours"), barrier(1, file=8)]
        kept = oplog.of_the_data_file(records)
        self.assertEqual([record.kind for record in kept],
                         [0, oplog.NAME, oplog.FOLDER, oplog.WRITE, 0])

    def test_what_the_replay_does_not_cover_is_an_error(self):
        odd = oplog.Record(oplog.UNEXPECTED, FILE, data=b"a map")
        for records in ([*NAMED, odd], [], [*NAMED, oplog.Record(oplog.NAME, 8)]):
            with self.assertRaises(oplog.LogError):
                oplog.of_the_data_file(records)


@unittest.skipUnless(shutil.which(os.environ.get("CC", "cc")), "needs a C compiler")
class Shim(FolderTest):
    SCRIPT = """
        import os, socket, sys
        os.chdir(sys.argv[1])
        os.mkdir("new")
        made = os.open("new/data.mdb", os.O_RDWR | os.O_CREAT)
        os.pwrite(made, b"a" * 10, 0)
        os.fsync(made)
        os.link("new/data.mdb", "./data.mdb")
        here = os.open(".", os.O_RDONLY)
        os.fsync(here)
        data = os.open("./data.mdb", os.O_RDWR)
        meta = os.open("./data.mdb", os.O_WRONLY | os.O_DSYNC)
        other = os.open("other", os.O_RDWR | os.O_CREAT)
        os.write(other, b"other")
        os.fdatasync(other)
        os.lseek(data, 10, 0)
        os.writev(data, [b"b" * 5, b"c" * 5])
        os.fdatasync(data)
        os.pwrite(meta, b"m" * 3, 2)
        listener = socket.create_server(("127.0.0.1", 0))
        client = socket.create_connection(listener.getsockname())
        served, _ = listener.accept()
        served.send(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
        os.write(served.fileno(), b"HTTP/1.1 503 No\\r\\n\\r\\n")
        os.write(1, b"%d" % client.getsockname()[1])
        """

    def record(self, drop):
        log = self.folder / "log"
        shim = recording.build_shim(self.folder)
        inside = self.folder / "inside"
        inside.mkdir()
        said = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(self.SCRIPT), inside], check=True,
            capture_output=True,
            env={**os.environ, "LD_PRELOAD": str(shim), "FORETWIN_TORTURE_LOG": str(log),
                 "FORETWIN_TORTURE_DROP": drop}).stdout
        records = oplog.of_the_data_file(oplog.parse(log.read_bytes()))
        self.assertEqual(
            replay.everything(records), (inside / "data.mdb").read_bytes())
        return [record for record in records if record.kind], int(said)

    def test_it_records_writes_barriers_names_and_answers_in_order(self):
        records, port = self.record(recording.HONEST)
        self.assertEqual(
            [(record.kind, record.first, record.data) for record in records], [
                (oplog.WRITE, 0, b"a" * 10), (oplog.BARRIER, 1, b""), (oplog.NAME, 0, b""),
                (oplog.FOLDER, 3, b""), (oplog.WRITE, 10, b"b" * 5 + b"c" * 5),
                (oplog.BARRIER, 5, b""), (oplog.WRITE, 2, b"m" * 3), (oplog.BARRIER, 6, b""),
                (oplog.ANSWER, 200, b""), (oplog.ANSWER, 503, b""),
                (oplog.OUTPUT, 1, str(port).encode())])
        self.assertEqual([record.is_synchronous for record in records[6:8]], [True, True])
        self.assertEqual([record.second for record in records[8:10]], [port, port])

    def test_it_leaves_out_the_barriers_that_it_is_told_to(self):
        for drop, expected in ((recording.NO_META_SYNC, 2), (recording.NO_SYNC, 1)):
            records, _ = self.record(drop)
            barriers = [record for record in records if record.kind == oplog.BARRIER]
            self.assertEqual(len(barriers), expected, drop)
            self.assertFalse(any(record.is_synchronous for record in records), drop)
            shutil.rmtree(self.folder / "inside")
            (self.folder / "log").unlink()


class Replay(unittest.TestCase):
    def cuts(self, records, position=None, count=200):
        disk = replay.Disk(records)
        disk.advance(len(records) if position is None else position)
        return [disk.cut(random.Random(f"{SEED}:{n}")) for n in range(count)]

    def test_what_a_barrier_covers_is_there(self):
        records = [*NAMED, write(0, page("a")), write(replay.PAGE, page("b")), barrier(4)]
        self.assertEqual(set(self.cuts(records)), {page("a") + page("b")})

    def test_a_write_after_the_barrier_began_is_not_covered(self):
        records = [*NAMED, write(0, page("a")), write(0, page("b")), barrier(3)]
        seen = {image[:1] for image in self.cuts(records)}
        self.assertEqual(seen, {b"a", b"b"})

    def test_without_a_barrier_each_page_may_be_missing_alone(self):
        records = [*NAMED, write(0, page("a")), barrier(3), write(0, page("b", 3))]
        seen = {
            tuple(image[n * replay.PAGE:][:1] for n in range(3)) for image in self.cuts(records)}
        self.assertEqual({letters[0] for letters in seen}, {b"a", b"b"})
        self.assertEqual({letters[2] for letters in seen}, {b"", b"\0", b"b"})
        self.assertIn((b"a", b"\0", b"b"), seen)

    def test_pages_tear_by_sectors_and_only_by_sectors(self):
        records = [*NAMED, write(0, page("a")), barrier(3), write(0, page("b"))]
        images = self.cuts(records)
        sectors = [
            [set(image[start:start + replay.SECTOR]) for start in range(0, replay.PAGE, 512)]
            for image in images
        ]
        self.assertTrue(all(len(letters) == 1 for image in sectors for letters in image))
        self.assertTrue(any(len(set(image)) == 2 for image in images))

    def test_a_synchronous_write_is_there_once_it_returned(self):
        pending = [*NAMED, write(0, page("a")), barrier(3), write(0, b"m", True)]
        self.assertEqual({image[:1] for image in self.cuts(pending)}, {b"a", b"m"})
        returned = [*pending, barrier(4, True)]
        self.assertEqual({image[:1] for image in self.cuts(returned)}, {b"m"})

    def test_a_synchronous_write_makes_nothing_else_sure(self):
        records = [*NAMED, write(replay.PAGE, page("x")), write(0, b"m", True), barrier(3, True)]
        images = self.cuts(records)
        self.assertEqual({image[:1] for image in images}, {b"m"})
        self.assertGreater(len({image[replay.PAGE:][:1] for image in images}), 1)

    def test_before_its_folder_is_synced_the_file_may_be_missing(self):
        records = [write(0, b"a"), barrier(1), *NAMED]
        self.assertEqual(set(self.cuts(records, 2)), {None})
        self.assertEqual(set(self.cuts(records, 3)), {None, b"a"})
        self.assertEqual(set(self.cuts(records, 4)), {b"a"})

    def test_the_same_chance_makes_the_same_cut(self):
        records = [*NAMED, write(0, page("a", 9)), write(99, page("b", 7)), write(5, page("c", 3))]
        self.assertEqual(self.cuts(records), self.cuts(records))

    def test_a_disk_does_not_go_back(self):
        disk = replay.Disk(NAMED)
        disk.advance(2)
        with self.assertRaises(ValueError):
            disk.advance(1)

    def test_every_sector_is_a_version_that_the_cache_held_since_the_barrier(self):
        """Against a model that knows every version of every sector."""
        for seed in range(60):
            chance = random.Random(f"{SEED}:{seed}")
            records, versions, floor = list(NAMED), collections.defaultdict(lambda: [b""]), {}
            image = bytearray()
            for _ in range(chance.randrange(1, 25)):
                if chance.random() < 0.2:
                    records.append(barrier(len(records)))
                    floor = {sector: len(known) - 1 for sector, known in versions.items()}
                    continue
                start = chance.randrange(5 * replay.PAGE)
                data = bytes([chance.randrange(1, 256)]) * chance.randrange(1, 9000)
                replay.patch(image, start, data)
                records.append(write(start, data))
                for sector in range(len(image) // replay.SECTOR + 1):
                    place = sector * replay.SECTOR
                    now = bytes(image[place:place + replay.SECTOR])
                    if now != versions[sector][-1]:
                        versions[sector].append(now)
            for cut in self.cuts(records, count=10):
                self.assertLessEqual(len(cut), len(image))
                for sector, known in versions.items():
                    place = sector * replay.SECTOR
                    # A file may end early: what is beyond its end reads as nothing.
                    content = cut[place:place + replay.SECTOR].rstrip(b"\0")
                    allowed = [one.rstrip(b"\0") for one in known[floor.get(sector, 0):]]
                    if sector not in floor:
                        allowed.append(b"")
                    matches = any(
                        content == one or one.startswith(content) and len(cut) < place + len(one)
                        for one in allowed)
                    self.assertTrue(matches, f"seed {seed}, sector {sector}")

    def test_answers_are_counted_for_each_port_up_to_the_cut(self):
        records = [answer(200, 1), answer(200, 2), answer(503, 2), answer(201, 1)]
        self.assertEqual(replay.acknowledged(records, 3), {1: 1, 2: 1})
        self.assertEqual(replay.acknowledged(records, 4), {1: 2, 2: 1})


class DataFile:
    """A small LMDB file made by hand: a table with two small records and one of two pages."""

    SIZE = 4096

    def __init__(self):
        big = b"v" * 5000
        table = self.leaf(2, [
            self.node(b"ant", b"1" * 30), self.node(b"bee", b"2" * 30),
            self.node(b"cow", struct.pack("<Q", 3), flags=1, length=len(big))])
        overflow = struct.pack("<QHHI", 3, 0, 4, 2) + big
        overflow = overflow.ljust(2 * self.SIZE, b"\0")
        main = self.leaf(5, [self.node(b"log", self.tree(2), flags=2)])
        free = self.leaf(6, [self.node(struct.pack("<Q", 1), struct.pack("<QQ", 1, 7))])
        self.image = b"".join([
            self.meta(0, 4, main=9, free=pages.NO_PAGE), self.meta(1, 5, main=5, free=6), table,
            overflow, main, free, bytes(2 * self.SIZE)])

    def tree(self, root, flags=0, pad=0):
        return struct.pack("<IHHQQQQQ", pad, flags, 1, 0, 1, 0, 1, root)

    def meta(self, number, transaction, main, free):
        body = struct.pack("<IIQQ", 0xBEEFC0DE, 1, 0, 1 << 20)
        body += self.tree(free, 8, self.SIZE) + self.tree(main)
        body += struct.pack("<QQ", 8, transaction)
        return (struct.pack("<QHHI", number, 0, 8, 0) + body).ljust(self.SIZE, b"\0")

    def node(self, key, value, flags=0, length=None):
        length = len(value) if length is None else length
        node = struct.pack("<IHH", length, flags, len(key)) + key + value
        return node + b"\0" * (len(node) % 2)

    def leaf(self, number, nodes):
        content = bytearray(self.SIZE)
        upper = self.SIZE
        for slot, node in enumerate(nodes):
            upper -= len(node)
            content[upper:upper + len(node)] = node
            struct.pack_into("<H", content, 16 + 2 * slot, upper)
        struct.pack_into("<QHHHH", content, 0, number, 0, 2, 16 + 2 * len(nodes), upper)
        return bytes(content)


class Pages(unittest.TestCase):
    def setUp(self):
        self.image = DataFile().image
        self.layout = pages.read(self.image)

    def test_the_newest_meta_and_all_pages_in_use_are_found(self):
        self.assertEqual(self.layout.newest_meta, 1)
        self.assertEqual(self.layout.pages, {0, 1, 2, 3, 4, 5, 6})

    def test_records_are_keys_and_values_of_tables_and_nothing_else(self):
        def texts(use):
            spans = self.layout.spans_of(use)
            return sorted(bytes(self.image[start:end]) for start, end, _ in spans)

        self.assertEqual(texts(pages.KEY), [b"ant", b"bee", b"cow"])
        self.assertEqual(texts(pages.RECORD), [b"1" * 30, b"2" * 30, b"v" * 5000])

    def test_each_byte_has_one_use(self):
        uses = [self.layout.use_of(place) for place in range(len(self.image))]
        for start, end, use in self.layout.spans:
            self.assertEqual(set(uses[start:end]), {use})
        self.assertEqual(uses.count(pages.FREE_LIST), 24)
        self.assertEqual(uses[4096 + 144], pages.META)
        self.assertIsNone(uses[144], "the older meta is of no use now")
        self.assertIsNone(uses[-1])


class Mutations(unittest.TestCase):
    def setUp(self):
        self.image = DataFile().image
        self.mutator = mutations.Mutator(
            self.image, [b"o" * 8192], random.Random(f"{SEED}:mutations"))

    def changed(self, image):
        return [place for place, (old, new) in enumerate(zip(self.image, image)) if old != new]

    def test_a_flip_changes_one_bit_and_says_what_it_was_for(self):
        for flip in (self.mutator.flip, self.mutator.flip_in_record, self.mutator.meta_flip):
            for _ in range(50):
                _, use, image = flip()
                place, = self.changed(image)
                self.assertEqual((self.image[place] ^ image[place]).bit_count(), 1)
                self.assertEqual(use, self.mutator.layout.use_of(place))

    def test_every_byte_of_a_record_may_be_hit_and_no_other(self):
        expected = {
            place for start, end, _ in self.mutator.records for place in range(start, end)}
        hit = {self.mutator._record_byte() for _ in range(60_000)}
        self.assertLessEqual(hit, expected)
        self.assertGreater(len(hit), 0.99 * len(expected))

    def test_a_byte_becomes_another(self):
        for _ in range(50):
            self.assertEqual(len(self.changed(self.mutator.byte()[2])), 1)
            self.assertIn(self.mutator.byte_in_record()[1], (pages.KEY, pages.RECORD))

    def test_a_zeroed_page_is_zero(self):
        for _ in range(20):
            where, use, image = self.mutator.zeroed_page()
            number = int(where.split()[1])
            self.assertEqual(set(image[number * 4096:(number + 1) * 4096]), {0})
            self.assertEqual(use is not None, number in self.mutator.layout.pages)

    def test_a_truncation_knows_whether_it_reaches_pages_in_use(self):
        lengths = set()
        for _ in range(200):
            _, use, image = self.mutator.truncation()
            lengths.add(len(image) % 4096 == 0)
            self.assertEqual(image, self.image[:len(image)])
            self.assertEqual(use is not None, len(image) < 7 * 4096)
        self.assertEqual(lengths, {True, False})

    def test_swapped_pages_are_swapped(self):
        for _ in range(20):
            where, _, image = self.mutator.swapped_pages()
            one, other = (int(word) for word in where.split()[1::2])
            self.assertEqual(image[one * 4096:][:4096], self.image[other * 4096:][:4096])
            self.assertEqual(image[other * 4096:][:4096], self.image[one * 4096:][:4096])

    def test_an_old_meta_is_old_and_the_rest_is_not_touched(self):
        seen = set()
        for _ in range(20):
            where, _, image = self.mutator.old_meta()
            seen.add(where)
            self.assertEqual(image[4096:8192], b"o" * 4096)
            self.assertEqual(image[:4096] == self.image[:4096], where == "the newest")
            self.assertEqual(image[8192:], self.image[8192:])
        self.assertEqual(len(seen), 2)

    def test_all_kinds_come_and_the_same_seed_brings_the_same(self):
        def some():
            mutator = mutations.Mutator(self.image, [b"o" * 8192], random.Random(SEED))
            return [mutator.mutant() for _ in range(300)]

        first = some()
        self.assertEqual({mutant.kind for mutant in first}, set(self.mutator.kinds))
        self.assertEqual(first, some())
        self.assertEqual(self.image, self.mutator.image, "the original stays whole")


class Batches(unittest.TestCase):
    LOAD = workload.Workload(clients=2, batches=3, batch_size=8, seed=SEED)

    def test_every_batch_has_events_of_all_customers_of_its_client_and_no_others(self):
        for client in range(2):
            for number in range(3):
                lines = self.LOAD.batch(client, number).splitlines()
                users = {json.loads(line)["user_id"] for line in lines}
                self.assertEqual(len(lines), 8)
                self.assertEqual(users, set(self.LOAD.customers(client)))

    def test_ids_are_unique_and_the_seed_decides_everything(self):
        ids = [
            json.loads(line)["event_id"] for client in range(2) for number in range(3)
            for line in self.LOAD.batch(client, number).splitlines()
        ]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(self.LOAD.batch(1, 2), self.LOAD.batch(1, 2))
        other = workload.Workload(clients=2, batches=3, batch_size=8, seed=SEED + 1)
        self.assertNotEqual(self.LOAD.batch(1, 2), other.batch(1, 2))


def document(count, **more):
    return {"event_count": count, "interactions": [], "transitions": [], **more}


class Judgement(FolderTest):
    """The checker of power cuts, with a program that says what the test wants."""

    LOAD = workload.Workload(clients=1, batches=2, batch_size=4, seed=SEED)
    EMPTY, ONE, TWO = document(0), document(2), document(4)

    class Fake:
        can_verify = False

        def __init__(self, results):
            self.results = list(results)

        def show(self, store, customers):
            return self.results.pop(0)

        def run(self, *arguments, **options):
            return self.results.pop(0)

    def judge(self, acknowledged, *documents, results=None, again=False, image=b"x"):
        states = twins(json.dumps([self.EMPTY, self.ONE, self.TWO]))
        records = [*NAMED, *[answer(200, 5)] * acknowledged]
        tape = recording.Recording(self.folder / "log", records, {5: 0}, self.LOAD)
        shown = Result(0, json.dumps(documents), "")
        checker = power_cuts.Checker(
            self.Fake(results or [shown]), tape,
            dict.fromkeys(self.LOAD.all_customers, states), self.folder)
        problem = checker.judge(power_cuts.Cut(len(records), "", image, again))
        return problem and problem[0]

    def test_what_was_acknowledged_and_one_more_in_flight_are_right(self):
        self.assertIsNone(self.judge(0, self.EMPTY, self.EMPTY))
        self.assertIsNone(self.judge(0, self.ONE, self.ONE))
        self.assertIsNone(self.judge(1, self.ONE, self.ONE))
        self.assertIsNone(self.judge(1, self.TWO, self.TWO))

    def test_less_than_acknowledged_or_more_than_sent_is_wrong(self):
        self.assertEqual(self.judge(1, self.EMPTY, self.EMPTY), "lost")
        self.assertEqual(self.judge(0, self.TWO, self.TWO), "lost")
        self.assertEqual(self.judge(1, image=None), "lost")
        self.assertIsNone(self.judge(0, image=None))

    def test_a_store_whose_making_was_cut_off_must_heal(self):
        none = Result(66, "", "Error: There is no store at x.")
        made = Result(0, '{"rejected_by_reason": {}}', "")
        everything = Result(0, json.dumps([self.TWO, self.TWO]), "")
        something = Result(0, json.dumps([self.ONE, self.TWO]), "")
        self.assertIsNone(self.judge(0, results=[none, made, everything]))
        self.assertEqual(self.judge(0, results=[none, made, something]), "again")
        self.assertEqual(self.judge(0, results=[none, none, none]), "unopenable")
        self.assertEqual(self.judge(1, results=[none]), "unopenable")

    def test_half_batches_are_wrong(self):
        self.assertEqual(self.judge(0, self.ONE, document(1)), "half")
        self.assertEqual(self.judge(0, self.EMPTY, self.ONE), "half")

    def test_another_twin_is_wrong(self):
        odd = document(2, city="Cork")
        self.assertEqual(self.judge(1, self.ONE, odd), "twin")

    def test_crashes_and_refusals_are_told_apart(self):
        self.assertEqual(self.judge(0, results=[Result(-11, "", "")]), "crash")
        self.assertEqual(self.judge(0, results=[Result(None, "", "")]), "crash")
        self.assertEqual(self.judge(0, results=[Result(0, "", "")]), "crash")
        self.assertEqual(self.judge(0, results=[Result(1, "", "Error: no")]), "unopenable")

    def test_ingesting_again_must_heal(self):
        def shown(*documents):
            return Result(0, json.dumps(documents), "")

        report = Result(0, json.dumps({"rejected_by_reason": {}}), "")
        first = shown(self.ONE, self.ONE)
        self.assertIsNone(self.judge(
            1, results=[first, report, shown(self.TWO, self.TWO)], again=True))
        self.assertEqual(self.judge(1, results=[first, report, first], again=True), "again")
        refused = Result(1, "", "Error: no")
        self.assertEqual(self.judge(1, results=[first, refused, first], again=True), "unopenable")

    def test_an_ingest_is_acknowledged_when_it_reports(self):
        records = [*NAMED, oplog.Record(oplog.OUTPUT, first=1, data=b"{}"), write(0, b"x")]
        tape = recording.Recording(self.folder / "log", records, {}, self.LOAD)
        self.assertEqual([tape.acknowledged(n)[0] for n in range(5)], [0, 0, 0, 2, 2])
        self.assertEqual(tape.first_acknowledgement(), 3)

    def test_cuts_are_in_order_cover_the_beginning_and_come_again(self):
        records = [*NAMED, *[write(n * 512, b"x" * 512) for n in range(50)]]
        tape = recording.Recording(self.folder / "log", records, {5: 0}, self.LOAD)
        cuts = list(power_cuts.make_cuts(tape, 100, SEED))
        positions = [cut.position for cut in cuts]
        self.assertEqual(positions, sorted(positions))
        self.assertLessEqual(set(range(10)), set(positions))
        self.assertEqual(cuts, list(power_cuts.make_cuts(tape, 100, SEED)))
        self.assertTrue(all(cut.position >= 40 for cut in power_cuts.make_cuts(tape, 50, SEED, 40)))


class Sightings(FolderTest):
    """What the corruption suite holds against the program."""

    def failed(self, kind, use, verified, shown, other_end="fine"):
        surroundings = suite.Surroundings(
            None, SEED, True, 1, self.folder, self.folder / "kept")
        tally = corruption.Tally(surroundings)
        mutant = mutations.Mutant(kind, "somewhere", use, b"x")
        tally.add(
            corruption.Sighting(mutant, verified, shown, ("said",), "compact", other_end))
        outcome = suite.Outcome("corruption")
        tally.report(outcome)
        of_records = (pages.KEY, pages.RECORD)
        return [name for name in outcome.failed if "99.9%" not in name or use in of_records]

    def test_a_refusal_is_right_and_so_is_what_changes_nothing(self):
        self.assertEqual(self.failed("flip", pages.RECORD, "refusal", "refusal"), [])
        self.assertEqual(self.failed("flip", pages.RECORD, "refusal", "fine"), [])
        self.assertEqual(self.failed("flip", None, "fine", "fine"), [])
        self.assertEqual(self.failed("old meta", None, "fine", "other answer"), [])

    def test_a_crash_is_wrong_whatever_was_damaged(self):
        self.assertIn(
            "verify ends by no signal", self.failed("flip", None, "crash", "fine"))
        self.assertIn(
            "twin show ends by no signal", self.failed("flip", None, "fine", "crash"))
        for end in ("crash", "unclear refusal"):
            self.assertEqual(["no other command ends by a signal or without a sentence"],
                             self.failed("flip", None, "fine", "fine", end))
        self.assertEqual(self.failed("flip", None, "fine", "fine", "refusal"), [])

    def test_a_record_whose_key_was_changed_may_be_missed_by_whoever_does_not_verify(self):
        self.assertEqual(self.failed("flip", pages.KEY, "refusal", "other answer"), [])
        self.assertIn("of changes to records, 99.9% are noticed",
                      self.failed("flip", pages.KEY, "fine", "fine"))

    def test_unnoticed_damage_is_wrong(self):
        self.assertIn("of changes to records, 99.9% are noticed",
                      self.failed("flip", pages.RECORD, "fine", "fine"))
        self.assertIn("every truncation is noticed",
                      self.failed("truncation", "used page", "fine", "fine"))
        self.assertIn("every zeroed or swapped page in use is noticed",
                      self.failed("zeroed page", "used page", "fine", "fine"))
        self.assertIn("verify notices whatever changes an answer",
                      self.failed("flip", None, "fine", "other answer"))
        self.assertIn("no damaged record is given out as an answer",
                      self.failed("flip", pages.RECORD, "refusal", "other answer"))

    def test_without_verify_reading_must_notice(self):
        self.assertEqual(self.failed("flip", pages.RECORD, "absent", "refusal"), [])
        self.assertIn("every truncation is noticed",
                      self.failed("truncation", "used page", "absent", "fine"))

    def test_evidence_is_kept(self):
        self.failed("truncation", "used page", "fine", "fine")
        kept = list((self.folder / "kept").rglob("data.mdb"))
        self.assertEqual([path.read_bytes() for path in kept], [b"x"])


class Kills(FolderTest):
    def test_slots_of_dead_processes_are_found(self):
        dead = subprocess.run(["sh", "-c", "echo $$"], capture_output=True, check=True).stdout
        content = bytearray(128 + 64 * 4)
        struct.pack_into("<I", content, 16, 3)
        for slot, pid in enumerate([os.getpid(), 0, int(dead), int(dead)]):
            struct.pack_into("<QI", content, 128 + 64 * slot, 1, pid)
        (self.folder / "lock.mdb").write_bytes(content)
        stale = kills.stale_slots(self.folder, os.getpid())
        self.assertEqual(len(stale), 1, "the fourth slot is beyond those in use")
        self.assertIn(f"slot 2 of 3 belongs to process {int(dead)}", stale[0])

    def test_a_batch_is_new_or_known_as_a_whole(self):
        def problems(counts, is_second):
            client = kills.Client(workload.Workload(1, 9, 4, SEED))
            client._note(200, json.dumps(dict(zip(("added", "duplicates"), counts))), is_second)
            return client.problems

        self.assertEqual(problems((4, 0), False), [])
        self.assertEqual(problems((0, 4), True), [])
        self.assertEqual(problems((4, 0), True), [])
        self.assertEqual(len(problems((0, 4), False)), 1)
        self.assertEqual(len(problems((2, 2), True)), 1)


class Results(unittest.TestCase):
    def test_ends_are_told_apart(self):
        self.assertTrue(Result(-6, "", "").is_fatal)
        self.assertTrue(Result(None, "", "").is_fatal)
        self.assertTrue(Result(139, "", "").is_fatal)
        self.assertTrue(Result(75, "", "Error: in use").is_refusal)
        self.assertFalse(Result(1, "", "Error: a\nError: b").is_refusal)
        self.assertFalse(Result(1, "", "").is_refusal)
        self.assertFalse(Result(0, "", "Error: odd").is_refusal)
        self.assertIn("SIGBUS", str(Result(-7, "", "")))
        self.assertFalse(Result(0, "[]", "").is_fatal)
        self.assertTrue(Result(0, "", "(mdb.c:1)").is_fatal, "a success that did nothing")
        self.assertIn("mdb.c:1", str(Result(0, "", "(mdb.c:1)")))

    def test_twins_are_equal_whatever_the_order_of_their_lists(self):
        entries = [{"item_id": "a", "weight": 1.0}, {"item_id": "b", "weight": 0.5}]
        one = json.dumps([document(2, transitions=entries)])
        other = json.dumps([document(2, transitions=entries[::-1])])
        self.assertEqual(twins(one), twins(other))
        self.assertEqual(event_count(one), 2)
        changed = json.dumps([document(2, transitions=entries[:1])])
        self.assertNotEqual(twins(one), twins(changed))

    def test_pseudonyms_make_no_difference(self):
        one, other = (json.dumps([{**document(2), "customer_key": name}]) for name in ("a1", "b2"))
        self.assertTrue(are_same(Result(0, one, ""), other))
        self.assertFalse(are_same(Result(1, one, ""), other))
        self.assertFalse(are_same(Result(0, one, ""), json.dumps([document(3)])))

    def test_the_key_is_given_or_left_to_the_program(self):
        given = Program("/bin/sh")
        says = ["-c", "echo ${FORETWIN_KEY:-none}"]
        with unittest.mock.patch.dict(os.environ, {"FORETWIN_KEY": "mine"}):
            self.assertEqual(len(given.run(*says).out.strip()), 64)
            self.assertEqual(given.making_keys().run(*says).out.strip(), "none")

    def test_a_missing_program_is_told_at_once(self):
        with self.assertRaises(FileNotFoundError):
            Program("no/such/program")


class Suites(FolderTest):
    def test_checks_are_noted_by_name(self):
        outcome = suite.Outcome("any")
        self.assertTrue(outcome.check("good", ""))
        self.assertTrue(outcome.check("good", []))
        self.assertFalse(outcome.check("bad", "a sentence"))
        self.assertFalse(outcome.check("bad", ""))
        self.assertEqual((outcome.failed, outcome.status), (["bad"], "failed"))
        checks = outcome.document()["checks"]
        self.assertEqual([check["passed"] for check in checks], [True, False])
        self.assertEqual(checks[1]["problems"], ["a sentence"])

    def test_a_skipped_suite_says_why(self):
        outcome = suite.Outcome("any", skipped="no disk")
        self.assertEqual((outcome.status, outcome.document()["skipped"]), ("skipped", "no disk"))

    def test_work_in_parallel_does_all_and_makes_items_when_they_are_needed(self):
        made, done = [], []

        def items():
            for item in range(100):
                made.append(item)
                # Two at work and one ready; all may end, and as many be made, before one is taken.
                self.assertLessEqual(len(made) - len(done), 6)
                yield item

        for result in suite.in_parallel(lambda item: item * 2, items(), 2):
            done.append(result)
        self.assertEqual(sorted(done), [item * 2 for item in range(100)])

    def test_evidence_is_limited_and_replaces_that_of_earlier_runs(self):
        def paths():
            surroundings = suite.Surroundings(None, 0, True, 1, self.folder, self.folder / "keep")
            return [surroundings.evidence("cut") for _ in range(suite.FAILURES_SHOWN + 1)]

        first = paths()
        (first[0] / "old").write_text("old")
        self.assertEqual(paths(), first)
        self.assertIsNone(first[-1])
        self.assertFalse((first[0] / "old").exists())

    def test_a_machine_without_root_skips_the_full_disk(self):
        if os.geteuid() == 0:
            self.skipTest("this is root")
        with self.assertRaises(disk_full.NoMount), disk_full.small_disk(self.folder):
            pass


class CommandLine(FolderTest):
    def run_tool(self, *arguments):
        return subprocess.run(
            [TOOLS / "torture", *arguments], capture_output=True, text=True, check=False)

    def test_help_names_every_suite(self):
        result = self.run_tool("--help")
        self.assertEqual(result.returncode, 0)
        for module in (power_cuts, kills, corruption, disk_full, double_open):
            self.assertIn(module.NAME, result.stdout)

    def test_wrong_usage_has_exit_code_2(self):
        for arguments in (["nonsense"], ["--jobs", "0"], ["kills", "--replay", "x"],
                          ["kills", "--program", self.folder / "missing"]):
            result = self.run_tool(*arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn("tools/torture:", result.stderr)

    def test_a_program_that_does_nothing_right_fails_every_suite_and_is_summed_up(self):
        fake = self.folder / "foretwin"
        fake.write_text("#!/bin/sh\nexit 3\n")
        fake.chmod(0o755)
        result = self.run_tool(
            "corruption", "kills", "--quick", "--program", fake, "--seed", "1", "--json",
            self.folder / "out.json", "--keep", self.folder / "keep")
        self.assertEqual(result.returncode, 1)
        self.assertIn("seed 1 (again: tools/torture corruption kills --seed 1 --quick)",
                      result.stdout)
        self.assertRegex(result.stdout.splitlines()[-1], r"^0 passed, \d failed$")
        summary = json.loads((self.folder / "out.json").read_text())
        self.assertEqual([one["status"] for one in summary["suites"]], ["failed", "failed"])


if __name__ == "__main__":
    unittest.main()
