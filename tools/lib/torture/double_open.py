"""Double opening: a second writer on one store gets a clear error at once, and harms nothing.

Those that only read are let in beside a writer, unless somebody has deleted the file by which the
two know of each other.
"""

import signal
import time

from . import program as foretwin, suite, workload as work

NAME = "double-open"
ABOUT = "open a store that another process has open, also one that is stopped or was killed"

# Refusing is quick; a process that waits for a stopped one would wait for ever.
SECONDS_TO_REFUSE_MAX = 5.0


def run(surroundings):
    """Runs the suite."""
    outcome = suite.Outcome(NAME)
    program = surroundings.program
    workload = work.Workload(clients=1, batches=4, batch_size=9, seed=surroundings.seed)
    folder = surroundings.folder(NAME)
    store = folder / "store"
    events = folder / "events.jsonl"
    events.write_bytes(workload.batch(0, 3))
    reading = {
        "twin show": ["twin", "show", *workload.all_customers, "--json", "--store", store],
        "backup": ["backup", folder / "backup.mdb", "--store", store],
        "verify": ["verify", store],
    }
    writing = {
        "ingest": ["ingest", events, "--json", "--store", store],
        "serve": ["serve", "--port", 0, "--store", store],
        "compact": ["compact", "--store", store],
        "migrate": ["migrate", "--store", store],
        "restore": ["restore", folder / "backup.mdb", "--replace", "--store", store],
    }
    if not program.can_verify:
        reading = {"twin show": reading["twin show"]}
        writing = {name: writing[name] for name in ("ingest", "serve")}
    by_other_path = folder / "link"
    by_other_path.symlink_to(store)
    with foretwin.Server(program, store, folder) as server:
        _post(outcome, server, workload, 0)
        for name, command in reading.items():
            result = program.run(*command, cwd=folder)
            outcome.check(f"{name} is let in while a server runs",
                          "" if result.code == 0 else f"{result}")
        for name, command in writing.items():
            outcome.check(f"{name} is refused while a server runs",
                          _refusal(program, command, folder, server))
        outcome.check("by another path it is refused too", _refusal(
            program, [*writing["ingest"][:-1], by_other_path], folder, server))
        _post(outcome, server, workload, 1)
        server.process.send_signal(signal.SIGSTOP)
        outcome.check("it is refused while the server is stopped",
                      _refusal(program, writing["ingest"], folder, server))
        result = program.run(*reading["twin show"], cwd=folder, timeout=SECONDS_TO_REFUSE_MAX)
        outcome.check("twin show is let in while the server is stopped",
                      "" if result.code == 0 else f"{result}")
        server.process.send_signal(signal.SIGCONT)
        _post(outcome, server, workload, 2)
        (store / "lock.mdb").unlink(missing_ok=True)
        for name, command in (*writing.items(), ("twin show", reading["twin show"])):
            outcome.check(f"{name} is refused when somebody has deleted lock.mdb",
                          _refusal(program, command, folder, server))
        server.kill()
    opened = program.run(*writing["ingest"], cwd=folder)
    outcome.check("it opens at once when the server was killed",
                  "" if opened.code == 0 else f"{opened}")
    shown = program.show(store, workload.all_customers)
    count = foretwin.event_count(shown.out) if shown.code == 0 else None
    outcome.check("in the end everything is there", "" if (
        count == workload.batches * workload.batch_size) else f"{count} events: {shown}")
    if program.can_verify:
        verified = program.verify(store)
        outcome.check("in the end the store is sound", "" if verified.code == 0 else f"{verified}")
    return outcome


def _post(outcome, server, workload, number):
    status, _, text = server.request("POST", "/v1/events", workload.batch(0, number))
    outcome.check("the server goes on storing", "" if status == 200 else f"{status}: {text}")


def _refusal(program, command, folder, server):
    """What is wrong with how a command ends on a store that the server has open, or nothing."""
    began = time.monotonic()
    result = program.run(*command, cwd=folder, timeout=SECONDS_TO_REFUSE_MAX)
    seconds = time.monotonic() - began
    pid = server.process.pid
    if result.code != foretwin.STORE_IN_USE:
        return f"after {seconds:.1f} s: {result}"
    if str(pid) not in result.error:
        return f"the error does not name the process {pid}: {result}"
    return ""
