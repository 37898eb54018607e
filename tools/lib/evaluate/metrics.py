"""Ranking metrics, in the form that `foretwin evaluate --json` writes them."""

import math


def _discount(rank):
    return 1 / math.log2(rank + 2)


def of_baskets(lists, targets, length, ideal):
    """What lists of items are worth, given the baskets that came. The ideal list of nDCG holds the
    whole basket ("full"), or as much of it as the list is long ("cut")."""
    recall = gain = hits = count = 0
    for items, target in zip(lists, targets, strict=True):
        count += 1
        found = [rank for rank, item in enumerate(items[:length]) if item in target]
        best = min(len(target), length) if ideal == "cut" else len(target)
        recall += len(found) / len(target)
        gain += sum(map(_discount, found)) / sum(map(_discount, range(best)))
        hits += bool(found)
    return _means(count, {"recall": recall, "ndcg": gain, "phr": hits}, length)


def of_clicks(lists, targets, length):
    """What lists of items are worth, given the clicks that came."""
    hits = reciprocal = count = 0
    for items, target in zip(lists, targets, strict=True):
        count += 1
        if target in items[:length]:
            hits += 1
            reciprocal += 1 / (items.index(target) + 1)
    return _means(count, {"hit_rate": hits, "mrr": reciprocal}, length)


def _means(count, sums, length):
    means = {name: {str(length): value / max(1, count)} for name, value in sums.items()}
    return {"examples": count, **means}
