"""The data sets: how their files become the two event files of a protocol.

Each data set yields its folds, one after the other: a fold is the header and the rows of the
training file and the rows of the test file. With `validation`, all are from the training part.
"""

import datetime
import gzip
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field

HEADER = "user_id,item_id,type,timestamp,session_id,basket_id"
DAY = 86_400
# A Monday in the past; files without times get some from here on.
BEGINNING = int(datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc).timestamp())


class DataError(Exception):
    """What is wrong with the files, in a sentence."""


@dataclass(frozen=True)
class DataSet:
    """What is asked of a data set, and what others got."""

    name: str
    title: str
    protocol: str
    lengths: str
    # The columns of the table: key in the result, length of the list, heading, factor.
    figures: list
    published: dict
    folds: Callable
    options: list = field(default_factory=list)


def _lines(folder, name):
    path = pathlib.Path(folder, name)
    if not path.is_file():
        raise DataError(f"{path} is missing.")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            yield f"{path}, line {number}", line.rstrip("\n")


def _json(folder, name):
    path = pathlib.Path(folder, name)
    if not path.is_file():
        raise DataError(f"{path} is missing.")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return json.load(file)


def _click(session, item, seconds):
    return f"s{session},{item},view,{seconds},s{session},"


def sessions_of(examples):
    """The sessions whose prefixes are the examples, longest prefix first, as (prefix, label)."""
    sessions = []
    shorter = None
    for prefix, label in examples:
        whole = prefix + [label]
        if whole != shorter:
            sessions.append(whole)
        shorter = prefix if len(prefix) > 1 else None
    return sessions


def diginetica(folder, validation):
    """Sessions of clicks. They are in order of time but have none: they are laid evenly over the
    five months that they are from."""
    training = [line.split() for _, line in _lines(folder, "train_sessions.txt.gz")]
    if validation:
        cut = len(training) - len(training) // 20
        training, test = training[:cut], training[cut:]
    else:
        examples = []
        for place, line in _lines(folder, "test_prefix_label.tsv.gz"):
            label, _, prefix = line.partition("\t")
            if not label or not prefix:
                raise DataError(f"{place} is not a label, a tab and a prefix.")
            examples.append((prefix.split(), label))
        test = sessions_of(examples)
        if sum(len(session) - 1 for session in test) != len(examples):
            raise DataError("The lines of test_prefix_label.tsv.gz are not all prefixes of their "
                            "sessions, longest first.")
    apart = 152 * DAY // max(1, len(training) + len(test))

    def rows(sessions, first):
        for number, session in enumerate(sessions, first):
            for place, item in enumerate(session):
                yield _click(number, item, BEGINNING + number * apart + place)

    yield HEADER, rows(training, 0), rows(test, len(training))


def _baskets(user, baskets, last_day):
    """The rows of a user's baskets, a day apart, the last one on a given day."""
    for place, basket in enumerate(baskets):
        day = BEGINNING + (last_day - len(baskets) + 1 + place) * DAY
        for item in dict.fromkeys(basket):
            yield f"u{user},{item},purchase,{day},,u{user}-{day}"


def ta_feng(folder, validation):
    """Baskets of a grocery. They have no times: each customer's are laid a day apart, and the
    newest of all customers on one day."""
    history = {user: baskets[1:-1] for user, baskets in _json(folder, "history.json.gz").items()}
    future = {user: baskets[1:-1] for user, baskets in _json(folder, "future.json.gz").items()}
    day = max(map(len, history.values()))
    for fold in range(5):
        keys = _json(folder, f"keyset_{fold}.json.gz")
        # Users whose next basket is known to whoever trains.
        known = keys["train"] if validation else keys["train"] + keys["val"]
        asked = keys["val"] if validation else keys["test"]
        training = [
            row for user, baskets in history.items() for row in _baskets(user, baskets, day - 1)]
        training += [row for user in known for row in _baskets(user, future[user], day)]
        yield HEADER, training, [row for user in asked for row in _baskets(user, future[user], day)]


def complete_journey(folder, validation):
    """Baskets of a grocery, with their times; the importer makes the protocol's cut."""
    root = pathlib.Path(__file__).resolve().parents[3]
    out = pathlib.Path(root, ".build/evaluate/complete-journey")
    if not (out / "next-basket/test.csv").is_file():
        importer = subprocess.run(
            [root / "tools/import-completejourney", "--from", folder, "--out", out],
            stdout=sys.stderr, check=False)
        if importer.returncode != 0:
            raise DataError("tools/import-completejourney failed.")
    training = (out / "next-basket/train.csv").read_text("utf-8").splitlines()
    test = (out / "next-basket/test.csv").read_text("utf-8").splitlines()
    if not validation:
        yield training[0], training[1:], test[1:]
    else:
        yield training[0], *_newest_baskets(training[0], training[1:])


def _newest_baskets(header, rows):
    """The rows without and with the newest basket of each customer who has three or more."""
    names = header.split(",")
    user, basket, time = (names.index(name) for name in ("user_id", "basket_id", "timestamp"))
    newest = {}
    baskets = {}
    for row in rows:
        fields = row.split(",")
        baskets.setdefault(fields[user], set()).add(fields[basket])
        newest[fields[user]] = max(newest.get(fields[user], ("", "")), (fields[time], fields[basket]))
    rest, asked = [], []
    for row in rows:
        fields = row.split(",")
        is_newest = newest[fields[user]][1] == fields[basket] and len(baskets[fields[user]]) > 2
        (asked if is_newest else rest).append(row)
    return rest, asked


def _newest_sessions(header, rows):
    """The rows without and with the newest twentieth of the sessions."""
    names = header.split(",")
    session, time = names.index("session_id"), names.index("timestamp")
    begins = {}
    for row in rows:
        fields = row.split(",")
        begins[fields[session]] = min(begins.get(fields[session], fields[time]), fields[time])
    order = sorted(begins, key=lambda name: (begins[name], name))
    asked = set(order[len(order) - len(order) // 20:])
    is_asked = [row.split(",")[session] in asked for row in rows]
    return ([row for row, flag in zip(rows, is_asked) if not flag],
            [row for row, flag in zip(rows, is_asked) if flag])


def _own(columns, split):
    """Event files of one's own; times must be written so that they sort as text."""
    def folds(path, validation):
        lines = path.read_text("utf-8").splitlines()
        header, rows = (lines[0], lines[1:]) if lines else ("", [])
        for column in columns:
            if column not in header.split(","):
                raise DataError(f"{path} has no column {column}.")
        if '"' in header or any('"' in row for row in rows):
            raise DataError(f"{path} has quoted fields; write it without.")
        rest, asked = split(header, rows)
        if validation:
            rest, asked = split(header, rest)
        yield header, rest, asked
    return folds


ALL = {
    data.name: data for data in [
        DataSet(
            "diginetica", "Diginetica, next click", "next-event", "20",
            [("hit_rate", "20", "P@20", 100), ("mrr", "20", "MRR@20", 100)],
            {"popularity": (0.9, 0.2), "item-kNN": (36.7, 11.6), "NARM": (49.7, 16.2),
             "SR-GNN": (50.7, 17.6), "GRU4Rec, tuned": (51.0, 17.5),
             "V-SKNN": (52.0, 18.4), "GCE-GNN": (54.2, 19.0)},
            diginetica),
        DataSet(
            "ta-feng", "Ta-Feng, next basket", "next-basket", "10",
            [("recall", "10", "R@10", 1), ("ndcg", "10", "nDCG@10", 1), ("phr", "10", "PHR@10", 1)],
            {"global top": (.081, .085, .246), "personal top, filled": (.119, .100, .367),
             "TIFUKNN": (.131, .107, .397)},
            ta_feng, ["--ndcg-ideal", "full"]),
        DataSet(
            "complete-journey", "Complete Journey, next basket", "next-basket", "10",
            [("recall", "10", "R@10", 1), ("ndcg", "10", "nDCG@10", 1), ("phr", "10", "PHR@10", 1)],
            {"global top": (.045, .067, .314), "personal top, filled": (.127, .169, .506),
             "personal top, decayed": (.134, .176, .501)},
            complete_journey, ["--ndcg-ideal", "cut"]),
        DataSet(
            "sessions", "Own sessions, next event", "next-event", "20",
            [("hit_rate", "20", "P@20", 100), ("mrr", "20", "MRR@20", 100)], {},
            _own(["session_id", "timestamp"], _newest_sessions)),
        DataSet(
            "baskets", "Own baskets, next basket", "next-basket", "10",
            [("recall", "10", "R@10", 1), ("ndcg", "10", "nDCG@10", 1), ("phr", "10", "PHR@10", 1)],
            {}, _own(["user_id", "basket_id", "timestamp"], _newest_baskets),
            ["--ndcg-ideal", "cut"]),
    ]
}
