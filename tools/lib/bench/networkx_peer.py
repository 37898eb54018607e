"""networkx as a peer for reads: the twin is a graph in memory, made before timing begins."""

import heapq

import twin
import upserts


def graph(edges):
    """The twin as a directed graph; parallel edges of several types share one, by type."""
    import networkx  # Here, so that what needs no peer runs without it.

    made = networkx.DiGraph()
    for edge in edges:
        if not made.has_edge(edge.source, edge.target):
            made.add_edge(edge.source, edge.target, types={})
        made[edge.source][edge.target]["types"][edge.type] = (edge.weight, edge.last)
    return made


def two_hop(made, customer):
    """The nodes that one or two edges lead to from the customer."""
    found = set(made.successors(customer))
    for node in list(found):
        found.update(made.successors(node))
    found.discard(customer)
    return found


def strongest(made, at, half_life_ms, count=10):
    """The edges that weigh most at a moment: [source, type, target, weight]."""
    weights = (
        (weight * upserts.decay(at - last, half_life_ms), source, kind, target)
        for source, target, types in made.edges(data="types")
        for kind, (weight, last) in types.items())
    return [[source, kind, target, weight]
            for weight, source, kind, target in heapq.nlargest(count, weights)]


def reads(made, facts, iterations):
    """Times both; `facts` names the customer, the moment and the half-life."""
    customer = facts["customer"]
    at, half = facts["at"], facts["half_life_ms"]
    return {
        "two_hop": dict(twin.measure(lambda: two_hop(made, customer), iterations),
                        nodes=len(two_hop(made, customer))),
        "top": dict(twin.measure(lambda: strongest(made, at, half), iterations),
                    top=strongest(made, at, half)),
    }
