"""A full disk: a clear error, no harm to the store, and on it goes when there is space again."""

import contextlib
import json
import os
import pathlib
import subprocess
import time

from . import program as foretwin, suite, workload as work

NAME = "disk-full"
ABOUT = "fill the disk under a store; needs root, to mount a small disk in memory"

DISK_BYTES = 20 << 20
BALLAST_BYTES = 16 << 20
SECONDS_TO_RESUME_MAX = 1.0
# Statuses for "not now, but perhaps later".
FULL_STATUSES = (503, 507)


class NoMount(Exception):
    """This machine does not let us mount a disk."""


@contextlib.contextmanager
def small_disk(folder):
    """A small disk in memory with a file on it that can be deleted to make space."""
    if os.geteuid() != 0:
        raise NoMount("mounting a small disk needs root")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=700", "foretwin-torture", folder],
        capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        raise NoMount(f"mount says: {mounted.stderr.strip()}")
    try:
        ballast = pathlib.Path(folder, "ballast")
        ballast.write_bytes(bytes(BALLAST_BYTES))
        yield ballast
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    # Much more than fits.
    workload = work.Workload(clients=1, batches=400, batch_size=100, seed=surroundings.seed)
    try:
        parts = [("server", _server), ("ingest", _ingest)]
        if surroundings.program.can_verify:
            parts.append(("keep", _keep))
        for title, part in parts:
            folder = surroundings.folder(f"{NAME}/{title}")
            disk = surroundings.folder(f"{NAME}/{title}/disk")
            with small_disk(disk) as ballast:
                part(surroundings.program, outcome, workload, folder, disk, ballast)
    except NoMount as reason:
        outcome.skipped = str(reason)
    return outcome


def _server(program, outcome, workload, folder, disk, ballast):
    with foretwin.Server(program, disk / "store", folder) as server:
        def post(number):
            return server.request("POST", "/v1/events", workload.batch(0, number))

        stored = 0
        status, headers, text = post(stored)
        while status == 200 and stored + 1 < workload.batches:
            stored += 1
            status, headers, text = post(stored)
        outcome.figures["server_batches_until_full"] = stored
        outcome.check("server: it says that it cannot store, and to try again", [] if (
            status in FULL_STATUSES and (status == 507 or headers.get("Retry-After"))) else (
            f"status {status}, Retry-After {headers.get('Retry-After')}, {text}"))
        outcome.check("server: it lives", "" if server.process.poll() is None else "it does not")
        outcome.check("server: reading goes on, and nothing acknowledged is lost",
                      _compare(server, workload, stored))
        ballast.unlink()
        began = time.monotonic()
        while post(stored)[0] != 200 and time.monotonic() - began < 10 * SECONDS_TO_RESUME_MAX:
            time.sleep(0.05)
        seconds = time.monotonic() - began
        outcome.figures["server_seconds_to_resume"] = round(seconds, 2)
        outcome.check(
            f"server: it stores again {SECONDS_TO_RESUME_MAX:g} s after there is space",
            "" if seconds <= SECONDS_TO_RESUME_MAX else f"after {seconds:.1f} s it did not")
        outcome.check("server: afterwards nothing is lost", _compare(server, workload, stored + 1))
        server.stop()
    _verify(program, outcome, "server", disk / "store")


def _compare(server, workload, batches):
    """Whether the twins have the events of the first batches."""
    expected = dict.fromkeys(workload.all_customers, 0)
    for number in range(batches):
        for line in workload.batch(0, number).splitlines():
            expected[json.loads(line)["user_id"]] += 1
    try:
        counts = {customer: server.event_count(customer) for customer in expected}
    except (OSError, RuntimeError) as problem:
        return str(problem)
    return "" if counts == expected else f"{counts} instead of {expected}"


def _ingest(program, outcome, workload, folder, disk, ballast):
    events = folder / "events.jsonl"
    command = [
        "ingest", events, "--batch", workload.batch_size, "--json", "--store", disk / "store"]
    events.write_bytes(b"".join(workload.batch(0, n) for n in range(workload.batches)))
    failed = program.run(*command, cwd=folder)
    outcome.check("ingest: one clear error", [] if (
        failed.is_refusal and "full" in failed.error) else f"{failed}")
    shown = program.show(disk / "store", workload.all_customers)
    stored = foretwin.event_count(shown.out) if shown.code == 0 else -1
    outcome.figures["ingest_events_until_full"] = stored
    outcome.check(
        "ingest: a full disk does not keep anybody from reading whole batches",
        "" if stored > 0 and stored % workload.batch_size == 0 else f"{stored} events, {shown}")
    ballast.unlink()
    # What was read before and a little more, which fits now.
    batches = max(0, stored) // workload.batch_size + 5
    events.write_bytes(b"".join(workload.batch(0, n) for n in range(batches)))
    again = program.run(*command, cwd=folder)
    added = json.loads(again.out)["added"] if again.code == 0 else None
    outcome.check("ingest: it goes on where there is space", "" if (
        added == 5 * workload.batch_size) else f"{added} added, {again}")
    _verify(program, outcome, "ingest", disk / "store")


def _keep(program, outcome, workload, folder, disk, ballast):
    """Copies of a store that do not fit: an error, nothing left behind, the store as it was."""
    store = disk / "store"
    batches = 20
    events = folder / "events.jsonl"
    events.write_bytes(b"".join(workload.batch(0, n) for n in range(batches)))
    program.succeed("ingest", events, "--json", "--store", store, cwd=folder)
    before = program.show(store, workload.all_customers).out
    backup = folder / "backup.mdb"
    program.succeed("backup", backup, "--store", store)
    _fill(disk)
    commands = {
        "backup": ["backup", disk / "backup.mdb", "--store", store],
        "compact": ["compact", "--store", store],
        "restore": ["restore", backup, "--store", store, "--replace"]}
    for name, command in commands.items():
        failed = program.run(*command, cwd=folder)
        outcome.check(f"{name}: one clear error", [] if (
            failed.is_refusal and "full" in failed.error) else f"{failed}")
        left = sorted(path.name for path in disk.iterdir())
        outcome.check(f"{name}: nothing is left behind", "" if (
            left == ["ballast", "filling", "store"]) else f"{left}")
        shown = program.show(store, workload.all_customers)
        outcome.check(f"{name}: the store is as it was", "" if (
            shown.code == 0 and shown.out == before) else f"{shown}")
    ballast.unlink()
    (disk / "filling").unlink()
    for name, command in commands.items():
        again = program.run(*command, cwd=folder)
        outcome.check(f"{name}: it works where there is space",
                      "" if again.code == 0 else f"{again}")
    shown = program.show(store, workload.all_customers)
    outcome.check("keep: afterwards nothing is lost", "" if (
        shown.code == 0 and shown.out == before) else f"{shown}")
    _verify(program, outcome, "keep", store)


def _fill(disk):
    """Leaves a few pages of a disk free."""
    status = os.statvfs(disk)
    with open(disk / "filling", "wb") as file:
        file.write(bytes(max(0, status.f_bavail * status.f_frsize - (16 << 10))))


def _verify(program, outcome, title, store):
    if program.can_verify:
        verified = program.verify(store)
        outcome.check(f"{title}: the store is sound", "" if verified.code == 0 else f"{verified}")
