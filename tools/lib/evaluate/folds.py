"""How the files of each data set become the two event files of a protocol.

A fold is a header, the rows of the training file and the rows of the test file. With `validation`,
all of them are from the training part, and no file of the test part is read.
"""

import datetime
import gzip
import hashlib
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile

HEADER = "user_id,item_id,type,timestamp,session_id,basket_id"
DAY = 86_400
# A Monday in the past; files without times get some from here on.
BEGINNING = int(datetime.datetime(2026, 1, 5, tzinfo=datetime.timezone.utc).timestamp())
ROOT = pathlib.Path(__file__).resolve().parents[3]


class DataError(Exception):
    """What is wrong with the files, in a sentence."""


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


def ta_feng(folder, validation, known_baskets=True):
    """Baskets of a grocery. They have no times: each customer's are laid a day apart, and the
    newest of all customers on one day.

    With `known_baskets`, the newest baskets of the customers that are not asked about are in the
    training file, as the benchmark allows; without, it holds the histories alone."""
    history = {user: baskets[1:-1] for user, baskets in _json(folder, "history.json.gz").items()}
    future = {user: baskets[1:-1] for user, baskets in _json(folder, "future.json.gz").items()}
    day = max(map(len, history.values()))
    for fold in range(5):
        keys = _json(folder, f"keyset_{fold}.json.gz")
        known = keys["train"] if validation else keys["train"] + keys["val"]
        asked = keys["val"] if validation else keys["test"]
        training = [
            row for user, baskets in history.items() for row in _baskets(user, baskets, day - 1)]
        if known_baskets:
            training += [row for user in known for row in _baskets(user, future[user], day)]
        yield HEADER, training, [row for user in asked for row in _baskets(user, future[user], day)]


def complete_journey(folder, validation):
    """Baskets of a grocery, with their times; the importer makes the protocol's cut."""
    cut = pathlib.Path(_converted(folder), "next-basket")
    training = (cut / "train.csv").read_text("utf-8").splitlines()
    if validation:
        yield training[0], *newest_baskets(training[0], training[1:])
    else:
        test = (cut / "test.csv").read_text("utf-8").splitlines()
        yield training[0], training[1:], test[1:]


def _converted(folder):
    """The folder with what the importer makes of a data folder. It is made once for each path and
    content of the data, and again when the importer changes."""
    importer = ROOT / "tools/import-completejourney"
    key = hashlib.sha256(str(pathlib.Path(folder).resolve()).encode())
    for name in ("transactions", "products"):
        paths = [pathlib.Path(folder, name + ending) for ending in (".csv", ".csv.gz")]
        path = next((path for path in paths if path.is_file()), None)
        if path is None:
            raise DataError(f"{paths[0]} is missing, and so is {paths[1].name}.")
        key.update(name.encode() + hashlib.sha256(path.read_bytes()).digest())
    key.update(hashlib.sha256(importer.read_bytes()).digest())
    out = ROOT / ".build/evaluate" / f"complete-journey-{key.hexdigest()[:16]}"
    if not out.is_dir():
        out.parent.mkdir(parents=True, exist_ok=True)
        # Under another name until it is whole, so that a stopped run leaves nothing half done.
        unfinished = pathlib.Path(tempfile.mkdtemp(prefix="importing-", dir=out.parent))
        try:
            done = subprocess.run([importer, "--from", folder, "--out", unfinished],
                                  stdout=sys.stderr, check=False)
            if done.returncode != 0:
                raise DataError("tools/import-completejourney failed.")
            try:
                unfinished.rename(out)
            except OSError:
                if not out.is_dir():  # Otherwise another run was faster, with the same data.
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
    return out


def newest_baskets(header, rows):
    """The rows without and with the newest basket of each customer who has three or more."""
    names = header.split(",")
    user, basket, time = (names.index(name) for name in ("user_id", "basket_id", "timestamp"))
    newest = {}
    baskets = {}
    for row in rows:
        fields = row.split(",")
        baskets.setdefault(fields[user], set()).add(fields[basket])
        newest[fields[user]] = max(
            newest.get(fields[user], ("", "")), (fields[time], fields[basket]))
    rest, asked = [], []
    for row in rows:
        fields = row.split(",")
        is_newest = newest[fields[user]][1] == fields[basket] and len(baskets[fields[user]]) > 2
        (asked if is_newest else rest).append(row)
    return rest, asked


def newest_sessions(header, rows):
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


def own(columns, split):
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
