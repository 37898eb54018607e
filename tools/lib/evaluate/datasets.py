"""The data sets: what is asked of each, what it is measured by, and what others got."""

import functools
from collections.abc import Callable
from dataclasses import dataclass, field

from . import basket_baselines, click_baselines, folds, metrics
from .baselines import Task


@dataclass(frozen=True)
class Quote:
    """Figures that others published, where, and on which cut of the data; None is unknown."""

    title: str
    source: str
    values: tuple


@dataclass(frozen=True)
class DataSet:
    """A data set and its protocol."""

    name: str
    title: str
    protocol: str
    lengths: str
    # The columns of the table: key in the result, length of the list, heading, factor.
    figures: list
    folds: Callable
    task: Task
    quotes: list = field(default_factory=list)
    # What has to be known to read the table.
    note: str = ""
    # Options of `foretwin evaluate`.
    options: list = field(default_factory=list)
    # Whether the newest baskets of customers that are not asked about may be left out.
    has_known_baskets: bool = False


CLICK_FIGURES = [("hit_rate", "20", "P@20", 100), ("mrr", "20", "MRR@20", 100)]
BASKET_FIGURES = [
    ("recall", "10", "R@10", 1), ("ndcg", "10", "nDCG@10", 1), ("phr", "10", "PHR@10", 1)]
CLICKS = Task(
    click_baselines.Sessions, click_baselines.asked,
    functools.partial(metrics.of_clicks, length=20), 20, ("hit_rate", "mrr"),
    click_baselines.BASELINES)


def _baskets(ideal, tifu_knn_groups=None):
    return Task(
        basket_baselines.Baskets, basket_baselines.asked,
        functools.partial(metrics.of_baskets, length=10, ideal=ideal), 10,
        ("recall", "ndcg", "phr"), basket_baselines.of_data(tifu_knn_groups))


ALL = {
    data.name: data for data in [
        DataSet(
            "diginetica", "Diginetica, next click", "next-event", "20", CLICK_FIGURES,
            folds.diginetica, CLICKS,
            quotes=[
                Quote("NARM", "SR-GNN's paper, AAAI 2019, these sessions", (49.7, 16.2)),
                Quote("SR-GNN", "its paper, AAAI 2019, these sessions", (50.7, 17.6)),
                Quote("GCE-GNN", "its paper, SIGIR 2020, these sessions", (54.2, 19.0)),
                Quote("GRU4Rec, tuned", "session-rec, another split", (51.0, 17.5)),
                Quote("V-SKNN", "session-rec, another split", (52.0, 18.4)),
            ],
            note="The split of session-rec has other test sessions, about as many, so its two rows "
                 "are only a rough guide."),
        DataSet(
            "ta-feng", "Ta-Feng, next basket", "next-basket", "10", BASKET_FIGURES,
            folds.ta_feng, _baskets("full", 7),
            quotes=[
                Quote("TIFUKNN", "its paper, SIGIR 2020, another cut", (.1301, .1011, None))],
            note="The benchmark has rows of DNNTSP and Sets2Sets, which learn from known baskets "
                 "too. They are not here, because no source of their figures could be read.",
            options=["--ndcg-ideal", "full"], has_known_baskets=True),
        DataSet(
            "complete-journey", "Complete Journey, next basket", "next-basket", "10",
            BASKET_FIGURES, folds.complete_journey, _baskets("cut", 3),
            note="The cut is our own, so there is nothing to quote.",
            options=["--ndcg-ideal", "cut"]),
        DataSet(
            "sessions", "Own sessions, next event", "next-event", "20", CLICK_FIGURES,
            folds.own(["session_id", "item_id", "timestamp"], folds.newest_sessions), CLICKS),
        DataSet(
            "baskets", "Own baskets, next basket", "next-basket", "10", BASKET_FIGURES,
            folds.own(["user_id", "item_id", "basket_id", "timestamp"], folds.newest_baskets),
            _baskets("cut"), options=["--ndcg-ideal", "cut"]),
    ]
}
