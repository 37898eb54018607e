"""SQLite as a peer: the upserts of Foretwin's ingest, as well as SQLite can do them.

    python3 sqlite_peer.py --upserts FILE --folder DIR --batch 10000 --half-life-ms N [--seconds S]

One transaction a batch, write-ahead log, synchronous=FULL: a commit returns when it is on disk, as
Foretwin's does. Tables are WITHOUT ROWID, rows go in by executemany with prepared upserts, sorted
by key. Prints one JSON object; the time is that of the transactions alone.
"""

import argparse
import json
import os
import sqlite3
import sys
import time

import upserts

SCHEMA = """
CREATE TABLE log (graph INTEGER, time INTEGER, tie INTEGER, record BLOB,
    PRIMARY KEY (graph, time, tie)) WITHOUT ROWID;
CREATE TABLE ids (graph INTEGER, tie INTEGER, time INTEGER,
    PRIMARY KEY (graph, tie)) WITHOUT ROWID;
CREATE TABLE nodes (graph INTEGER, node INTEGER, label TEXT, external_id TEXT,
    PRIMARY KEY (graph, node)) WITHOUT ROWID;
CREATE TABLE twins (graph INTEGER PRIMARY KEY, updated INTEGER, events INTEGER);
CREATE TABLE edges (graph INTEGER, source INTEGER, type INTEGER, target INTEGER,
    weight REAL, count INTEGER, first INTEGER, last INTEGER,
    PRIMARY KEY (graph, source, type, target)) WITHOUT ROWID;
CREATE INDEX edges_back ON edges (graph, target, type, source);
"""

# With one branch each for events in time and late ones, the power of 2 is worked out once a row.
UPSERT_EDGE = """
INSERT INTO edges VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (graph, source, type, target) DO UPDATE SET
    weight = CASE WHEN excluded.last >= last
        THEN weight * pow(2, (last - excluded.last) / :half) + excluded.weight
        ELSE weight + excluded.weight * pow(2, (excluded.last - last) / :half) END,
    count = count + excluded.count,
    first = min(first, excluded.first),
    last = max(last, excluded.last)
"""


def connect(folder):
    """Makes the database in a folder."""
    connection = sqlite3.connect(os.path.join(folder, "peer.sqlite"), isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute("PRAGMA mmap_size = 1000000000")
    connection.execute("PRAGMA wal_autocheckpoint = 10000")
    connection.executescript(SCHEMA)
    return connection


def prepare(batch):
    """The batch as rows in order of their keys, records as bytes; not part of the time."""
    return {
        "log": sorted((graph, at, tie, bytes.fromhex(record))
                      for graph, at, tie, record in batch["log"]),
        "ids": sorted(map(tuple, batch["ids"])),
        "nodes": sorted(map(tuple, batch["nodes"])),
        "twins": sorted(map(tuple, batch["twins"])),
        "edges": sorted(map(tuple, batch["edges"])),
    }


def write(connection, rows, half_life_ms):
    """Stores one batch, durable when this returns."""
    many = connection.executemany
    connection.execute("BEGIN IMMEDIATE")
    many("INSERT INTO ids VALUES (?, ?, ?) ON CONFLICT DO NOTHING", rows["ids"])
    many("INSERT INTO log VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows["log"])
    many("INSERT INTO nodes VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", rows["nodes"])
    many("INSERT INTO twins VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
         "updated = max(updated, excluded.updated), events = events + excluded.events",
         rows["twins"])
    many(UPSERT_EDGE.replace(":half", repr(float(half_life_ms))), rows["edges"])
    connection.execute("COMMIT")


def main(arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--upserts", required=True)
    parser.add_argument("--folder", required=True)
    parser.add_argument("--batch", type=int, required=True)
    parser.add_argument("--half-life-ms", type=float, required=True)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    options = parser.parse_args(arguments)
    batches = upserts.read(options.upserts, options.batch)
    prepared = [prepare(batch) for batch in batches]
    connection = connect(options.folder)
    events = 0
    started = time.perf_counter()
    for rows in prepared:
        write(connection, rows, options.half_life_ms)
        events += len(rows["log"])
        if time.perf_counter() - started > options.seconds:
            break
    elapsed = time.perf_counter() - started
    connection.close()
    print(json.dumps({"events": events, "seconds": elapsed, "batch": options.batch,
                      "version": sqlite3.sqlite_version}))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
