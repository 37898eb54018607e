"""Simple methods for the next click of a session: rules, and sessions that are alike."""

import functools
import heapq
import itertools
import math

from .baselines import Baseline


class Sessions:
    """Sessions of clicks, in order of time."""

    def __init__(self, header, rows):
        self.clicks = list(_sessions(header, rows).values())
        # Without repetitions; the keys keep their order, so that results are always the same.
        self.sets = [dict.fromkeys(session) for session in self.clicks]
        self.popularity = {}
        # The numbers of the sessions that hold an item, oldest first.
        self.holders = {}
        for number, session in enumerate(self.clicks):
            for item in session:
                self.popularity[item] = self.popularity.get(item, 0) + 1
            for item in self.sets[number]:
                self.holders.setdefault(item, []).append(number)
        self.top = sorted(self.popularity, key=self.popularity.get, reverse=True)

    def best(self, scores, length):
        """The items with the highest scores, ties by popularity, then what is popular."""
        found = heapq.nlargest(
            length, scores, key=lambda item: (scores[item], self.popularity[item]))
        if len(found) < length:
            found += itertools.islice(
                (item for item in self.top if item not in scores), length - len(found))
        return found


def _sessions(header, rows):
    """The clicks of each session, by its name, in order of time."""
    names = header.split(",")
    session, item, time = (names.index(name) for name in ("session_id", "item_id", "timestamp"))
    found = {}
    for row in rows:
        fields = row.split(",")
        found.setdefault(fields[session], []).append((fields[time], fields[item]))
    for clicks in found.values():
        clicks.sort(key=lambda click: click[0])
    order = sorted(found, key=lambda name: found[name][0][0])
    return {name: [item for _, item in found[name]] for name in order}


def asked(header, rows):
    """Each beginning of a session, and the click that came after it."""
    examples, targets = [], []
    for clicks in _sessions(header, rows).values():
        for place in range(1, len(clicks)):
            examples.append(clicks[:place])
            targets.append(clicks[place])
    return examples, targets


def popular(known, setting, examples, length):
    """What is popular among all."""
    del setting
    for _ in examples:
        yield known.top[:length]


def item_knn(known, setting, examples, length, is_kept):
    """Items by how often they are in sessions with the last one: n(i, j) / √((n(i) + λ)(n(j) + λ)).
    A setting is λ; with `is_kept` the last item itself, which is most alike, stays in the list."""
    (shrinkage,) = setting

    def scores(last):
        together = {}
        for number in known.holders.get(last, ()):
            for item in known.sets[number]:
                together[item] = together.get(item, 0) + 1
        if not is_kept:
            together.pop(last, None)
        return {item: count / math.sqrt(len(known.holders[item]) + shrinkage)
                for item, count in together.items()}
    yield from _by_last(known, scores, examples, length)


def sequential_rules(known, setting, examples, length):
    """Items by how often and how soon they came after the last one: Σ 1 / steps between them
    (Ludewig and Jannach 2018). The setting is the greatest number of steps."""
    (most,) = setting

    def scores(last):
        rules = {}
        for number in known.holders.get(last, ()):
            session = known.clicks[number]
            for place, item in enumerate(session):
                if item == last:
                    for steps, later in enumerate(session[place + 1:place + 1 + most], 1):
                        rules[later] = rules.get(later, 0.0) + 1 / steps
        return rules
    yield from _by_last(known, scores, examples, length)


def _by_last(known, scores, examples, length):
    """Lists that depend on the last click alone, each worked out once."""
    lists = {}
    for clicks in examples:
        if clicks[-1] not in lists:
            lists[clicks[-1]] = known.best(scores(clicks[-1]), length)
        yield lists[clicks[-1]]


def v_sknn(known, setting, examples, length):
    """Items of the sessions that are most alike, where later clicks weigh more (V-SKNN, Ludewig
    and Jannach 2018). A setting is how many of the newest sessions with a click in common are
    looked at, how many of those are neighbours, and the power of the weight of rare items."""
    newest, count, rarity = setting
    total = len(known.clicks)
    rare = {item: math.log(total / len(holders)) ** rarity
            for item, holders in known.holders.items()}
    for clicks in examples:
        # Of an item that was clicked twice the later place counts.
        weights = {item: place / len(clicks) for place, item in enumerate(clicks, 1)}
        alike = {}
        for item, weight in weights.items():
            for number in known.holders.get(item, ())[-newest:]:
                alike[number] = alike.get(number, 0.0) + weight
        if len(alike) > newest:
            alike = {number: alike[number] for number in heapq.nlargest(newest, alike)}
        neighbours = heapq.nlargest(count, alike, key=lambda number: (alike[number], number))
        latest = sorted(weights, key=weights.get, reverse=True)
        scores = {}
        for number in neighbours:
            items = known.sets[number]
            # How long ago the newest click in common was.
            steps = next(steps for steps, item in enumerate(latest, 1) if item in items)
            value = alike[number] * max(0.0, 1 - 0.1 * steps)
            for item in items:
                scores[item] = scores.get(item, 0.0) + value
        yield known.best({item: score * rare[item] for item, score in scores.items()}, length)


_SHRINKAGES = ((0,), (10,), (20,), (50,), (100,), (200,), (500,))
BASELINES = (
    Baseline("popularity", popular),
    Baseline("item-kNN of the last item", functools.partial(item_knn, is_kept=False), ("λ",),
             _SHRINKAGES),
    Baseline("item-kNN of the last item, with itself", functools.partial(item_knn, is_kept=True),
             ("λ",), _SHRINKAGES),
    Baseline("sequential rules", sequential_rules, ("steps",), ((1,), (2,), (5,), (10,), (20,))),
    Baseline("V-SKNN", v_sknn, ("newest", "neighbours", "power of rarity"),
             tuple(itertools.product((1000,), (100, 500), (0, 1, 2, 3)))),
)
