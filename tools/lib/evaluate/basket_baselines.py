"""Simple methods for the next basket: lists of what is popular, of one's own, and of both."""

import heapq
import itertools
import math

from .baselines import Baseline

DECAYS = (1.0, 0.99, 0.98, 0.97, 0.95, 0.93, 0.9, 0.85, 0.8, 0.7, 0.6)
WEIGHTS = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0)


class Baskets:
    """The baskets of all customers, oldest first, each a set of items without order."""

    def __init__(self, header, rows):
        names = header.split(",")
        user, item, basket, time = (
            names.index(name) for name in ("user_id", "item_id", "basket_id", "timestamp"))
        baskets, times = {}, {}
        for row in rows:
            fields = row.split(",")
            key = fields[user], fields[basket]
            # A dictionary keeps the order of the file, so that results are always the same.
            baskets.setdefault(key, {})[fields[item]] = None
            times[key] = max(times.get(key, ""), fields[time])
        self.of_user = {}
        for key in sorted(baskets, key=lambda key: (times[key], key[1])):
            self.of_user.setdefault(key[0], []).append(list(baskets[key]))
        self.popularity = self._shares(itertools.chain.from_iterable(self.of_user.values()))
        self.newest = self._shares(baskets[-1] for baskets in self.of_user.values())
        # Best first; of equally popular items the one that was met first.
        self.top = sorted(self.popularity, key=self.popularity.get, reverse=True)
        self._decay, self._own = None, {}
        # What TIFUKNN worked out last, and for what.
        self.neighbours = None, []

    @staticmethod
    def _shares(baskets):
        """The share of baskets that hold an item, by item."""
        counts, total = {}, 0
        for basket in baskets:
            total += 1
            for item in basket:
                counts[item] = counts.get(item, 0) + 1
        return {item: count / total for item, count in counts.items()}

    def own(self, user, decay):
        """The share of a customer's baskets that hold an item, by item; each basket weighs
        `decay` times the next newer one."""
        if decay != self._decay:
            self._decay, self._own = decay, {}
        if user not in self._own:
            weight, total, weights = 1.0, 0.0, {}
            for basket in reversed(self.of_user.get(user, [])):
                total += weight
                for item in basket:
                    weights[item] = weights.get(item, 0.0) + weight
                weight *= decay
            self._own[user] = {item: value / total for item, value in weights.items()}
        return self._own[user]


def asked(header, rows):
    """The customers that are asked about and the baskets that came."""
    names = header.split(",")
    user, item = names.index("user_id"), names.index("item_id")
    targets = {}
    for row in rows:
        fields = row.split(",")
        targets.setdefault(fields[user], set()).add(fields[item])
    return list(targets), list(targets.values())


def global_top(known, setting, users, length):
    """What is popular among all."""
    del setting
    for _ in users:
        yield known.top[:length]


def blend(known, setting, users, length):
    """Items by own share + weight × popularity, ties by popularity.

    A setting is the decay of own baskets, the weight, and whether popularity is counted in the
    newest basket of each customer instead of in all baskets."""
    decay, weight, is_newest = setting
    popularity = known.newest if is_newest else known.popularity
    # The best of the items that a customer does not have are among these.
    best = sorted(known.top, key=lambda item: weight * popularity.get(item, 0.0), reverse=True)
    for user in users:
        own = known.own(user, decay)
        others = itertools.islice((item for item in best if item not in own), length)
        scored = [
            (own.get(item, 0.0) + weight * popularity.get(item, 0.0), known.popularity[item], item)
            for item in itertools.chain(own, others)]
        yield [item for *_, item in heapq.nlargest(length, scored, key=lambda entry: entry[:2])]


def personal_top(known, setting, users, length):
    """Items by own share, ties by popularity; a setting is the decay of own baskets, or nothing."""
    decay = setting[0] if setting else 1.0
    return blend(known, (decay, 0.0, False), users, length)


def tifu_knn(known, setting, users, length):
    """Own baskets and those of similar customers, decayed within and between groups of baskets
    (TIFUKNN: Hu, He, Gao and Zhang, SIGIR 2020). A setting is the number of neighbours, the decay
    from basket to basket, the decay from group to group, the number of groups, and the weight of
    the own vector against the mean of the neighbours'."""
    *rest, weight = setting
    if known.neighbours[0] != (rest, users, length):
        known.neighbours = (rest, users, length), list(_neighbourhoods(known, *rest, users, length))
    for own, mean in known.neighbours[1]:
        scores = {item: weight * own.get(item, 0.0) + (1 - weight) * value
                  for item, value in mean.items()}
        yield heapq.nlargest(
            length, scores, key=lambda item: (scores[item], known.popularity[item]))


def _neighbourhoods(known, count, within, between, groups, users, length):
    """Each customer's vector, and the mean of those of the nearest others for the items that can
    come into a list: the own ones, and the best of the rest."""
    vectors = [grouped(baskets, within, between, groups) for baskets in known.of_user.values()]
    places = {user: place for place, user in enumerate(known.of_user)}
    norms = [sum(value * value for value in vector.values()) for vector in vectors]
    holders = {}
    for place, vector in enumerate(vectors):
        for item, value in vector.items():
            holders.setdefault(item, []).append((place, value))
    for user in users:
        own = vectors[places[user]] if user in places else {}
        # The squared distance to each customer, without the own norm, which is common to all.
        distances = norms.copy()
        for item, value in own.items():
            twice = 2 * value
            for place, its in holders[item]:
                distances[place] -= twice * its
        if user in places:
            distances[places[user]] = math.inf
        nearest = sorted(range(len(norms)), key=distances.__getitem__)[:count]
        nearest = [place for place in nearest if distances[place] < math.inf]
        sums = dict.fromkeys(own, 0.0)
        for place in nearest:
            for item, value in vectors[place].items():
                sums[item] = sums.get(item, 0.0) + value
        best = heapq.nlargest(length, (item for item in sums if item not in own),
                              key=lambda item: (sums[item], known.popularity[item]))
        yield own, {item: sums[item] / max(1, len(nearest)) for item in itertools.chain(own, best)}


def grouped(baskets, within, between, groups):
    """TIFUKNN's vector of a customer, as {item: value}."""
    count = min(groups, len(baskets))
    size, larger = divmod(len(baskets), count)
    vector, place = {}, 0
    for group in range(count):
        # The newer groups take what does not divide evenly.
        members = size + (group >= count - larger)
        weight = between ** (groups - 1 - group) / members / count
        for basket in baskets[place:place + members]:
            place += 1
            value = weight * within ** (len(baskets) - place)
            for item in basket:
                vector[item] = vector.get(item, 0.0) + value
    return vector


def of_data(tifu_knn_groups=None):
    """The methods; TIFUKNN only with a number of groups, as its authors give it for a data set."""
    found = [
        Baseline("global top", global_top),
        Baseline("personal top, ties by popularity", personal_top),
        Baseline("personal top, decayed", personal_top, ("decay",),
                 tuple((decay,) for decay in DECAYS)),
        Baseline("decayed own share + w × popularity", blend,
                 ("decay", "w", "popularity in the newest baskets"),
                 tuple(itertools.product(DECAYS, WEIGHTS, (False, True)))),
    ]
    if tifu_knn_groups:
        found.append(Baseline(
            "TIFUKNN", tifu_knn,
            ("neighbours", "decay of baskets", "decay of groups", "groups", "own weight"),
            tuple(itertools.product((300,), (0.9,), (0.7, 0.9), (tifu_knn_groups,),
                                    (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7)))))
    return tuple(found)
