"""The twin that the read benchmarks share, and how a read is timed.

`foretwin-bench graph … load --write-twin FILE` writes JSON Lines, one edge a line:

    {"source": 1, "type": 3, "target": 2, "weight": 1.5, "last": 1767225600000}
"""

import collections
import json
import time

Edge = collections.namedtuple("Edge", "source type target weight last")


def read(path):
    """The edges of a twin."""
    with open(path, encoding="utf-8") as lines:
        return [Edge(**json.loads(line)) for line in lines]


def percentile(ordered, share):
    """The value below which a share of the values in order lie."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def measure(work, iterations):
    """How long a call takes, warm: the median and the 99th percentile in microseconds."""
    for _ in range(max(1, iterations // 10)):
        work()
    times = []
    for _ in range(iterations):
        started = time.perf_counter_ns()
        work()
        times.append((time.perf_counter_ns() - started) / 1000)
    times.sort()
    return {"p50_us": percentile(times, 0.5), "p99_us": percentile(times, 0.99)}
