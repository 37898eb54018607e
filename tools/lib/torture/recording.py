"""Runs the program under shim.c and keeps the log of what it wrote and what it answered."""

import http.client
import json
import os
import pathlib
import subprocess
import threading
from dataclasses import asdict, dataclass

from . import oplog, replay, workload as work
from .program import Server, exchange

SHIM = pathlib.Path(__file__).with_name("shim.c")
# What a recording may leave out: nothing, all barriers of commits, those of the meta pages.
HONEST, NO_SYNC, NO_META_SYNC = "", "all", "meta"


@dataclass(frozen=True)
class Recording:
    """A log, and what is needed to know from it which batches were acknowledged when.

    `ports` tells the client behind each port; without any, one client's events were ingested from
    a file, and everything is acknowledged when the program prints its report.
    """

    log: pathlib.Path
    records: list
    ports: dict
    workload: work.Workload

    def acknowledged(self, position):
        """How many batches of each client were acknowledged before a record."""
        counts = [0] * self.workload.clients
        if not self.ports:
            said = any(record.kind == oplog.OUTPUT for record in self.records[:position])
            return [self.workload.batches if said else 0]
        for port, count in replay.acknowledged(self.records, position).items():
            if port in self.ports:
                counts[self.ports[port]] += count
        return counts

    def first_acknowledgement(self):
        """The place of the first record after which there is something to lose."""
        kinds = (oplog.ANSWER,) if self.ports else (oplog.OUTPUT,)
        return next(
            (place + 1 for place, record in enumerate(self.records)
             if record.kind in kinds and any(self.acknowledged(place + 1))), len(self.records))

    def describe(self):
        """What `restore` needs beside the log, as JSON can hold it."""
        return {"ports": self.ports, "workload": asdict(self.workload)}


def restore(log, description):
    """A recording from its log and what `describe` said."""
    ports = {int(port): client for port, client in description["ports"].items()}
    return _recording(pathlib.Path(log), ports, work.Workload(**description["workload"]))


def _recording(log, ports, workload):
    records = oplog.of_the_data_file(oplog.parse(log.read_bytes()))
    return Recording(log, records, ports, workload)


def _check(recording, data):
    """Makes sure that the log tells the whole truth: all of it makes the file that is there."""
    if replay.everything(recording.records) != data.read_bytes():
        raise oplog.LogError("the log does not make the data file; shim.c misses a kind of write")
    return recording


def build_shim(folder):
    """Compiles shim.c and returns the library's path."""
    library = pathlib.Path(folder, "shim.so")
    compiler = os.environ.get("CC", "cc")
    subprocess.run(
        [compiler, "-std=c11", "-O2", "-shared", "-fPIC", "-o", library, SHIM], check=True)
    return library


def _environment(shim, log, drop):
    return {
        "LD_PRELOAD": str(shim), "FORETWIN_TORTURE_LOG": str(log), "FORETWIN_TORTURE_DROP": drop}


def record_server(program, workload, shim, folder, drop=HONEST):
    """Records a server to which all clients post their batches at once.

    A success is recorded before its first byte leaves the server, which is the earliest moment at
    which a client could count on it.
    """
    folder = pathlib.Path(folder)
    log = folder / "log"
    ports = {}
    problems = []
    environment = _environment(shim, log, drop)
    with Server(program, folder / "store", folder, env=environment) as server:
        threads = [
            threading.Thread(target=_post_all, args=(server, workload, client, ports, problems))
            for client in range(workload.clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        server.kill()
    if problems:
        raise RuntimeError(f"a batch was not accepted during the recording: {problems[0]}")
    return _check(_recording(log, ports, workload), folder / "store/data.mdb")


def _post_all(server, workload, client, ports, problems):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        connection.connect()
        ports[connection.sock.getsockname()[1]] = client
        for number in range(workload.batches):
            status, _, text = exchange(
                connection, "POST", "/v1/events", workload.batch(client, number))
            if status != 200 or json.loads(text)["added"] != workload.batch_size:
                raise RuntimeError(f"{status} {text}")
    except (OSError, http.client.HTTPException, RuntimeError) as problem:
        problems.append(problem)
    finally:
        connection.close()


def record_ingest(program, workload, shim, folder, drop=HONEST):
    """Records `foretwin ingest` of one client's batches, each of which is a commit."""
    folder = pathlib.Path(folder)
    events = folder / "events.jsonl"
    events.write_bytes(b"".join(workload.batch(0, n) for n in range(workload.batches)))
    program.succeed(
        "ingest", events, "--batch", workload.batch_size, "--json", "--store", folder / "store",
        cwd=folder, env=_environment(shim, folder / "log", drop))
    return _check(_recording(folder / "log", {}, workload), folder / "store/data.mdb")
