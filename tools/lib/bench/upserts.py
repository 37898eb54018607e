"""What the peers of the ingest benchmark must store, as Foretwin worked it out.

`foretwin-bench graph … --write-upserts FILE` writes JSON Lines, one batch of events a line:

    {"log":   [[graph, time, tie, "record in hex"], …],
     "ids":   [[graph, tie, time], …],
     "nodes": [[graph, node, "label", "external id"], …],
     "twins": [[graph, last updated, events added], …],
     "edges": [[graph, source, type, target, delta, count, first, last], …]}

All numbers are integers of 64 bits with a sign, but `delta`; times are milliseconds. `nodes` may
repeat what is stored already. An edge upsert adds `count` contributions that weigh `delta` together
as of `last`: the stored weight fades by half every half-life from its own `last` to the later of
the two, and so does `delta`.
"""

import json

PARTS = ("log", "ids", "nodes", "twins", "edges")


def decay(milliseconds, half_life_ms):
    """The factor by which a weight fades in a time; 1 for no time or less."""
    return 1.0 if milliseconds <= 0 else 2.0 ** (-milliseconds / half_life_ms)


def add_edge(known, new, half_life_ms):
    """The edge [delta, count, first, last] that two of them make together."""
    last = max(known[3], new[3])
    weight = (known[0] * decay(last - known[3], half_life_ms)
              + new[0] * decay(last - new[3], half_life_ms))
    return [weight, known[1] + new[1], min(known[2], new[2]), last]


def merge(batches, half_life_ms):
    """One batch that does what several do: every key of nodes, twins and edges occurs once."""
    log, ids, nodes, twins, edges = [], [], {}, {}, {}
    for batch in batches:
        log += batch["log"]
        ids += batch["ids"]
        for node in batch["nodes"]:
            nodes[node[0], node[1]] = node
        for graph, updated, events in batch["twins"]:
            before = twins.get(graph, (updated, 0))
            twins[graph] = (max(before[0], updated), before[1] + events)
        for edge in batch["edges"]:
            key = tuple(edge[:4])
            known = edges.get(key)
            edges[key] = add_edge(known, edge[4:], half_life_ms) if known else edge[4:]
    return {
        "log": log,
        "ids": ids,
        "nodes": list(nodes.values()),
        "twins": [[graph, *values] for graph, values in twins.items()],
        "edges": [[*key, *values] for key, values in edges.items()],
    }


def join(batches):
    """One batch that does what several do, row after row."""
    return {part: [row for batch in batches for row in batch[part]] for part in PARTS}


def read(path, batch_size, event_count_max=None):
    """The batches of a file, joined until each holds at least `batch_size` events.

    Stops after `event_count_max` events, so that a slow peer need not have all of them in memory.
    """
    batches, waiting, held, total = [], [], 0, 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            batch = json.loads(line)
            waiting.append(batch)
            held += len(batch["log"])
            total += len(batch["log"])
            if held >= batch_size:
                batches.append(join(waiting))
                waiting, held = [], 0
            if event_count_max is not None and total >= event_count_max:
                break
    if waiting:
        batches.append(join(waiting))
    return batches
