"""Kills: a process that is killed at any moment loses nothing that it acknowledged.

This proves that the program recovers and that sending again is harmless. It proves nothing about
the disk, as the system keeps what a killed process wrote: that is what power-cuts is for.
"""

import http.client
import json
import os
import pathlib
import random
import struct
import threading
import time

from . import program as foretwin, suite, workload as work

NAME = "kills"
ABOUT = "kill the program at random moments; nothing acknowledged may be lost, nothing doubled"

# From the first request to the kill.
SECONDS_TO_LIVE = (0.003, 0.040)
# A start after a kill may take this long, or so many times the usual start where the machine is
# slow: there is nothing to repair, so that no start takes much longer than others.
SECONDS_TO_ANSWER_MAX = 1.0
TIMES_USUAL_MAX = 20
GROWTH_MAX = 1.1
# Growth is judged only beyond this, which is what the commits of one life write while a reader
# that waits for its turn on the processor keeps them from taking free pages again. A reader of a
# killed process that is never cleared would cost as much in each life, ten times this in all.
GROWTH_SLACK_BYTES = 1 << 20
READERS = 2
TRAINING_EPOCHS = 10
KILLS_PER_TRAINING = 5


class Client:
    """Posts batches in order, each again until the server has acknowledged it."""

    def __init__(self, workload):
        self.workload = workload
        self.acknowledged = 0
        self.is_uncertain = False
        self.problems = []

    def post(self, server, limit):
        """Posts until so many batches are acknowledged, or the server dies."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            while self.acknowledged < limit:
                body = self.workload.batch(0, self.acknowledged)
                is_second = self.is_uncertain
                self.is_uncertain = True
                status, _, text = foretwin.exchange(connection, "POST", "/v1/events", body)
                self._note(status, text, is_second)
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    def _note(self, status, text, is_second):
        if status != 200:
            self.problems.append(f"batch {self.acknowledged}: {status} {text}")
            raise http.client.HTTPException
        counts = json.loads(text)
        size = self.workload.batch_size
        whole = {(size, 0), (0, size)} if is_second else {(size, 0)}
        if (counts["added"], counts["duplicates"]) not in whole:
            self.problems.append(
                f"batch {self.acknowledged}, sent {'again' if is_second else 'once'}, is neither "
                f"new nor known as a whole: {text}")
        self.acknowledged += 1
        self.is_uncertain = False


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    # One server is given its key, the other one makes a key file.
    program = surroundings.program
    kills = surroundings.size(100, 1000)
    kill_servers(surroundings, outcome, kills, program, "server")
    kill_servers(surroundings, outcome, kills, program.making_keys(), "server with a key file")
    kill_ingests(surroundings, outcome, surroundings.size(20, 200))
    kill_trainings(surroundings, outcome, surroundings.size(1, 10))
    return outcome


def clean_run(program, workload, batches, folder):
    """The twins and the size of a store that nothing happened to."""
    client = Client(workload)
    with foretwin.Server(program, folder / "clean", folder) as server:
        client.post(server, batches)
        server.stop()
    if client.problems or client.acknowledged < batches:
        raise RuntimeError(f"a run without accidents fails: {client.problems}")
    twins = program.show(folder / "clean", workload.all_customers).out
    return twins, (folder / "clean/data.mdb").stat().st_size


def kill_servers(surroundings, outcome, cycles, program, title):
    """Kills a server again and again while one client writes and others read."""
    chance = random.Random(f"{surroundings.seed}:kills:{title}")
    folder = surroundings.folder(f"{NAME}/{title.replace(' ', '-')}")
    store = folder / "store"
    # More batches than any machine stores in a life's time.
    workload = work.Workload(1, 1 << 30, work.CUSTOMERS_PER_CLIENT, surroundings.seed)
    client = Client(workload)
    lost, slots, waits = [], [], []
    with foretwin.Server(program, store, folder) as server:
        for _ in range(cycles):
            live_and_die(server, client, chance.uniform(*SECONDS_TO_LIVE))
            server.begin()
            waits.append(server.seconds_to_answer)
            lost += check_counts(server, client)
            slots += stale_slots(store, server.process.pid)
        client.post(server, client.acknowledged + 1)
        server.stop()
    twins = program.show(store, workload.all_customers)
    expected, clean_bytes = clean_run(program, workload, client.acknowledged, folder)
    slowest = sorted(waits)[int(len(waits) * 0.99)]
    limit = max(SECONDS_TO_ANSWER_MAX, TIMES_USUAL_MAX * sorted(waits)[len(waits) // 2])
    grown = (store / "data.mdb").stat().st_size
    outcome.figures[title] = {
        "kills": cycles, "batches": client.acknowledged, "reopen_seconds_p99": round(slowest, 3),
        "clean_bytes": clean_bytes, "killed_bytes": grown}
    outcome.check(f"{title}: nothing acknowledged is lost, nothing is there in part", lost)
    outcome.check(f"{title}: sending again is harmless", client.problems)
    outcome.check(f"{title}: the twins equal those of a run without kills",
                  "" if foretwin.are_same(twins, expected) else f"they do not: {twins}")
    outcome.check(f"{title}: readers of killed processes are cleared", slots)
    outcome.check(f"{title}: it answers {limit:.1f} s after its start, p99", "" if (
        slowest <= limit) else f"it took {slowest:.2f} s")
    outcome.check(f"{title}: the file grows by {GROWTH_MAX:g} at most", "" if (
        grown <= clean_bytes * GROWTH_MAX + GROWTH_SLACK_BYTES) else (
        f"from {clean_bytes} to {grown} bytes"))
    _check_key(program, store, outcome, title)
    _verify(program, store, outcome, title)


def live_and_die(server, client, seconds):
    """Lets one client write and others read for a while, and kills the server."""
    customers = client.workload.all_customers
    threads = [threading.Thread(target=client.post, args=(server, client.workload.batches))]
    threads += [
        threading.Thread(target=_read, args=(server, customer)) for customer in customers[:READERS]]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    server.kill()
    for thread in threads:
        thread.join()


def _read(server, customer):
    """Asks for a twin until the server dies."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        while True:
            foretwin.exchange(connection, "GET", f"/v1/twins/{customer}")
    except (OSError, http.client.HTTPException):
        pass
    finally:
        connection.close()


def check_counts(server, client):
    """Whether each customer has the events of all acknowledged batches, and at most one more."""
    problems = []
    workload = client.workload
    least, most = client.acknowledged, client.acknowledged + client.is_uncertain
    # Such small batches have one event of each customer.
    for customer in workload.all_customers:
        count = server.event_count(customer)
        if not least <= count <= most:
            problems.append(
                f"{customer} has {count} events after {least} acknowledged ones and "
                f"{most - least} in flight")
    return problems


def stale_slots(store, owner):
    """Reader slots of processes other than the owner, read from LMDB's lock file.

    Its layout in LMDB 0.9 with 64-byte cache lines: the number of slots in use at 16 (4 bytes),
    and from 128 on slots of 64 bytes, each with a transaction (8) and a process (4).
    """
    content = pathlib.Path(store, "lock.mdb").read_bytes()
    count = struct.unpack_from("<I", content, 16)[0]
    slots = [struct.unpack_from("<QI", content, 128 + 64 * n) for n in range(count)]
    return [
        f"slot {n} of {count} belongs to process {pid}, which is dead"
        for n, (_, pid) in enumerate(slots) if pid not in (0, owner) and not _lives(pid)
    ]


def _lives(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def kill_ingests(surroundings, outcome, cycles):
    """Kills an ingest at a random moment, runs it again, and compares.

    Every other one has to make a key file, and may be killed while it does.
    """
    program, chance = surroundings.program, random.Random(f"{surroundings.seed}:ingests")
    folder = surroundings.folder(f"{NAME}/ingest")
    workload = work.Workload(clients=1, batches=60, batch_size=30, seed=surroundings.seed)
    events = folder / "events.jsonl"
    events.write_bytes(b"".join(workload.batch(0, n) for n in range(workload.batches)))
    command = ["ingest", events, "--batch", workload.batch_size, "--json", "--store"]
    began = time.monotonic()
    program.succeed(*command, folder / "clean", cwd=folder)
    seconds = time.monotonic() - began
    expected = program.show(folder / "clean", workload.all_customers).out
    problems = []
    interrupted = 0
    for cycle in range(cycles):
        store = folder / f"store-{cycle}"
        program = surroundings.program if cycle % 2 == 0 else surroundings.program.making_keys()
        with open(os.devnull, "wb") as nowhere:
            process = program.start(
                *command, store, cwd=folder, stdout=nowhere, stderr=nowhere)
            time.sleep(chance.uniform(0, seconds))
            interrupted += process.poll() is None
            process.kill()
            process.wait()
        again = program.run(*command, store, cwd=folder)
        if again.code != 0:
            problems.append(f"cycle {cycle}: run again, {again}")
        elif not foretwin.are_same(program.show(store, workload.all_customers), expected):
            problems.append(f"cycle {cycle}: the twins are others than without a kill")
        else:
            _check_key(program, store, outcome, "ingest")
            _verify(program, store, outcome, "ingest")
    outcome.figures["ingest"] = {"runs": cycles, "killed_before_the_end": interrupted}
    outcome.check("ingest: run again, it makes what a run without a kill makes", problems)
    outcome.check("ingest: kills come before the end", "" if interrupted else "none did")


def kill_trainings(surroundings, outcome, rounds):
    """Kills a training five times at random moments, lets it end, and compares the model."""
    program, chance = surroundings.program, random.Random(f"{surroundings.seed}:trainings")
    folder = surroundings.folder(f"{NAME}/training")
    shop, store = folder / "shop", folder / "store"
    program.succeed("generate-shop", "--customers", 60, "--items", 60, "--days", 60,
                    "--shop-seed", surroundings.seed % 1000, "--output", shop, cwd=folder)
    program.succeed("ingest", shop / "events.csv", "--items", shop / "items.csv",
                    "--store", store, cwd=folder)
    command = ["train", "--store", store, "--epochs", TRAINING_EPOCHS, "--width", 32, "--json",
               "--promote", "never", "--models"]

    def files(models):
        version = pathlib.Path(models, "v0001")
        return {path.name: path.read_bytes() for path in sorted(version.iterdir())}

    began = time.monotonic()
    program.succeed(*command, folder / "clean", cwd=folder)
    seconds = time.monotonic() - began
    expected = files(folder / "clean")
    problems, interrupted, resumable = [], 0, 0
    for cycle in range(rounds):
        models = folder / f"models-{cycle}"
        for _ in range(KILLS_PER_TRAINING):
            with open(os.devnull, "wb") as nowhere:
                process = program.start(
                    *command, models, cwd=folder, stdout=nowhere, stderr=nowhere)
                time.sleep(chance.uniform(0.2, 0.9) * seconds)
                interrupted += process.poll() is None
                process.kill()
                process.wait()
            if (models / "v0001").exists():
                break
            resumable += (models / ".training/sequence.safetensors").exists()
        else:
            again = program.run(*command, models, cwd=folder)
            if again.code != 0:
                problems.append(f"cycle {cycle}: run again, {again}")
                continue
        if files(models) != expected:
            problems.append(f"cycle {cycle}: the model is another than without a kill")
    outcome.figures["training"] = {
        "trainings": rounds, "kills": interrupted, "kills_with_a_checkpoint": resumable}
    outcome.check("training: run again, it makes what a run without a kill makes", problems)
    outcome.check("training: kills come before the end", "" if interrupted else "none did")


def _check_key(program, store, outcome, title):
    """A key file is there if the program had to make one, whole, and only its owner reads it."""
    path = pathlib.Path(f"{store}.key")
    if not program.makes_keys:
        outcome.check(f"{title}: no key file is made beside a given key",
                      f"{path.name} is there" if path.exists() else "")
        return
    mode = path.stat().st_mode & 0o777 if path.exists() else None
    outcome.check(f"{title}: the key file is its owner's alone", "" if mode == 0o600 else (
        f"{path.name} has mode {mode:o}" if mode is not None else f"{path.name} is missing"))


def _verify(program, store, outcome, title):
    if program.can_verify:
        verified = program.verify(store)
        problem = "" if verified.code == 0 else str(verified)
        outcome.check(f"{title}: what is left is sound", problem)
