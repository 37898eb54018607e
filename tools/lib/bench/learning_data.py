"""Event sequences for the learning benchmarks, in files that Foretwin and its peers read alike.

Items have Zipf's popularity and follow each other by a Markov chain: an item has a few likely
successors, mostly in its own category; else any item of the category or of the shop comes next.
An event's type depends on the one before, and the time to the next event on the type. A file is
a safetensors file of `offsets`, `items`, `types` and `times`, and `gaps` for programs that do not
have the classes of time gaps; see `EventSequences`.
"""

import dataclasses
import functools
import json
import struct

import numpy as np

TYPES = 3
# The longest time in each class of gaps, in seconds, as in TimeGap.swift; one more class is above.
GAP_EDGES = (0, 60, 300, 1800, 7200, 28800, 72000, 129600, 216000, 302400, 475200, 734400,
             1296000, 2592000, 5184000)
GAPS = 16
# The parts of the week as in WeekPart.swift.
WEEK_PARTS, WEEK_PART_SECONDS = 56, 3 * 3600
SUCCESSORS = 8
KINDS = {"F32": np.float32, "I32": np.int32, "I64": np.int64, "U8": np.uint8}


@dataclasses.dataclass
class Sequences:
    """Flat arrays; sequence i is `offsets[i]:offsets[i + 1]`."""

    offsets: np.ndarray
    items: np.ndarray
    types: np.ndarray
    times: np.ndarray
    gaps: np.ndarray

    @property
    def examples(self):
        """The events that have a successor."""
        return len(self.items) - (len(self.offsets) - 1)

    @functools.cached_property
    def week_parts(self):
        """The part of the week of each event."""
        return self.times // WEEK_PART_SECONDS % WEEK_PARTS


def write_tensors(path, tensors):
    """Writes arrays as a safetensors file."""
    names = {np.dtype(kind): name for name, kind in KINDS.items()}
    header, position = {}, 0
    for name, array in tensors.items():
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape),
                        "data_offsets": [position, position + array.nbytes]}
        position += array.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for array in tensors.values():
            file.write(np.ascontiguousarray(array).tobytes())


def read_tensors(path):
    """Reads the arrays of a safetensors file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header, data = json.loads(file.read(length)), file.read()
    return {name: np.frombuffer(data[slice(*entry["data_offsets"])],
                                KINDS[entry["dtype"]]).reshape(entry["shape"])
            for name, entry in header.items() if name != "__metadata__"}


def read(path):
    """Reads sequences."""
    return Sequences(**read_tensors(path))


class Shop:
    """What the sequences are drawn from; the same for the same seed and number of items."""

    def __init__(self, items, seed):
        self.random = np.random.default_rng(seed)
        self.items = items
        # Popularity falls with the rank; numbers have nothing to do with ranks.
        self.popularity = 1 / (np.arange(items) + 2.7)
        self.random.shuffle(self.popularity)
        self.popularity /= self.popularity.sum()
        categories = max(1, items // 50)
        self.category = self.random.integers(0, categories, items)
        self.members = [np.flatnonzero(self.category == c) for c in range(categories)]
        self.weights = [self.popularity[m] / self.popularity[m].sum() for m in self.members]
        self.successors = np.empty((items, SUCCESSORS), np.int64)
        for item in range(items):
            own = self.category[item]
            self.successors[item] = self.random.choice(
                self.members[own], SUCCESSORS, p=self.weights[own])
        share = 1 / np.arange(1, SUCCESSORS + 1)
        self.shares = share / share.sum()

    def next_items(self, current):
        """An item after each of the current ones."""
        count = len(current)
        kind = self.random.random(count)
        following = self.successors[
            current, self.random.choice(SUCCESSORS, count, p=self.shares)]
        anything = self.random.choice(self.items, count, p=self.popularity)
        result = np.where(kind < 0.65, following, anything)
        for place in np.flatnonzero((kind >= 0.65) & (kind < 0.85)):
            own = self.category[current[place]]
            result[place] = self.random.choice(self.members[own], p=self.weights[own])
        return result

    def sequences(self, count, chunk):
        """Sequences of a multiple of `chunk` events and one more: no program pads its batches."""
        chunks = np.minimum(self.random.geometric(0.5, count), 5)
        lengths = chunks * chunk + 1
        longest = lengths.max()
        items = np.empty((count, longest), np.int64)
        types = np.zeros((count, longest), np.int64)
        waits = np.zeros((count, longest), np.int64)
        items[:, 0] = self.random.choice(self.items, count, p=self.popularity)
        for step in range(1, longest):
            items[:, step] = self.next_items(items[:, step - 1])
            move = self.random.random(count)
            before = types[:, step - 1]
            types[:, step] = np.where(move < 0.7, before, (before + 1) % TYPES)
            # Views follow within minutes, a basket is filled at once, the next visit takes days.
            typical = np.choose(before, (200, 0, 400_000))
            waits[:, step] = typical * self.random.lognormal(0, 1, count)
        used = np.arange(longest) < lengths[:, None]
        gaps = np.searchsorted(GAP_EDGES, waits)
        gaps[:, 0] = GAPS - 1
        times = 1_700_000_000 + np.cumsum(waits, axis=1)
        return Sequences(
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            items[used].astype(np.int32), types[used].astype(np.uint8),
            times[used].astype(np.int64), gaps[used].astype(np.uint8))


def write(path, sequences):
    """Writes sequences."""
    write_tensors(path, {field.name: getattr(sequences, field.name)
                         for field in dataclasses.fields(sequences)})
