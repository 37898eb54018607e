"""The rows of a benchmark, its table for people and its JSON for programs."""

import dataclasses
import json
import os
import platform
import statistics


@dataclasses.dataclass
class Row:
    """Foretwin and a peer at one piece of work; `ratio` is oriented so that more is better."""

    name: str
    unit: str
    ours: float
    peer: float
    peer_name: str
    ratio: float
    goal: float | None
    holds: bool | None
    spread: tuple[float, float]


# Units in which less is better.
LESS_IS_BETTER = {"s", "ms", "µs", "bytes/event", "nats", "share"}


def row(name, unit, ours, peer, peer_name, goal=None):
    """A row from runs that took turns: `ours[i]` ran beside `peer[i]`.

    The ratio is the median of the runs' own ratios, so that a slow minute of the machine, which
    slows both, does not count.
    """
    if not ours or len(ours) != len(peer):
        raise ValueError(f"{name}: {len(ours)} runs of Foretwin beside {len(peer)} of the peer")
    less = unit in LESS_IS_BETTER
    ratios = [(theirs / our if less else our / theirs) for our, theirs in zip(ours, peer)]
    ratio = statistics.median(ratios)
    return Row(name, unit, statistics.median(ours), statistics.median(peer), peer_name, ratio,
               goal, None if goal is None else ratio >= goal, (min(ratios), max(ratios)))


def number(value):
    """A number for people: three digits that count, thousands apart."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if value >= 1 else f"{value:.2g}"


def table(rows):
    """The rows as text in columns."""
    lines = [("work", "unit", "Foretwin", "peer", "", "ratio", "(runs)", "goal", "")]
    for each in rows:
        runs = f"({number(each.spread[0])}–{number(each.spread[1])})"
        goal = "" if each.goal is None else f"≥ {each.goal:g}"
        verdict = {None: "", True: "holds", False: "MISSED"}[each.holds]
        lines.append((each.name, each.unit, number(each.ours), number(each.peer), each.peer_name,
                      f"{number(each.ratio)} ×", runs, goal, verdict))
    widths = [max(map(len, column)) for column in zip(*lines)]
    right = {2, 3, 5}
    return "\n".join(
        "  ".join(cell.rjust(width) if place in right else cell.ljust(width)
                  for place, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def machine():
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    memory = None
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:
            model = next((line.split(":", 1)[1].strip() for line in lines
                          if line.startswith("model name")), model)
        memory = round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (OSError, ValueError):
        pass
    return {"processor": model, "cores": os.cpu_count(), "memory_gib": memory,
            "system": f"{platform.system()} {platform.release()}",
            "load": [round(load, 2) for load in os.getloadavg()]}


def write(path, rows, **more):
    """Writes the JSON: whole or not at all."""
    content = {"rows": [dataclasses.asdict(each) for each in rows], **more}
    part = f"{path}.part"
    with open(part, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=2, ensure_ascii=False)
        file.write("\n")
    os.replace(part, path)
