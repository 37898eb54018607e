"""The sequence model in PyTorch, as a peer: the same network, batches, loss and optimiser.

    python learning_torch.py lstm --train FILE --validation FILE --items N --width D …
    python learning_torch.py product --rows M --inner K --columns N

prints one line of JSON. Batches are what a careful programmer would make of this data: sequences
are a multiple of the steps long, so that lanes begin a sequence at the first step of a chunk and
nothing is padded, and `nn.LSTM` runs over whole chunks.
"""

import argparse
import json
import math
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional

import learning_data
from learning_data import GAPS, TYPES, WEEK_PARTS

CLIP = 1.0
RATE = 2e-3


class Network(nn.Module):
    """p(gap | h) · p(type | h, time) · p(item | h, time, type), with a tied item table."""

    def __init__(self, items, width):
        super().__init__()
        bound = 1 / math.sqrt(width)
        self.items = nn.Embedding(items, width)
        self.item_bias = nn.Parameter(torch.zeros(items))
        self.lstm = nn.LSTM(width, width)
        self.type_in, self.type_out = nn.Embedding(TYPES, width), nn.Embedding(TYPES, width)
        self.gap_in, self.gap_out = nn.Embedding(GAPS, width), nn.Embedding(GAPS, width)
        self.week_in = nn.Embedding(WEEK_PARTS, width)
        self.week_out = nn.Embedding(WEEK_PARTS, width)
        self.gap_head, self.type_head = nn.Linear(width, GAPS), nn.Linear(width, TYPES)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.uniform_(-bound, bound)
            self.items.weight.normal_(0, 0.1)
            self.week_in.weight.zero_()
            self.week_out.weight.zero_()
            self.lstm.weight_ih_l0 *= 2
            for bias in (self.lstm.bias_ih_l0, self.lstm.bias_hh_l0, self.item_bias,
                         self.gap_head.bias, self.type_head.bias):
                bias.zero_()
            self.lstm.bias_ih_l0[width:2 * width] = 1

    def heads(self, batch, state):
        """The gap and type losses, the queries of the item head, and the state to carry on."""
        x = (self.items(batch["items"]) + self.type_in(batch["types"])
             + self.gap_in(batch["gaps"]) + self.week_in(batch["week_parts"]))
        hidden, state = self.lstm(x, state)
        hidden = hidden.flatten(0, 1)
        gap = functional.cross_entropy(self.gap_head(hidden), batch["next_gaps"])
        query = (hidden + self.gap_out(batch["next_gaps"])
                 + self.week_out(batch["next_week_parts"]))
        kind = functional.cross_entropy(self.type_head(query), batch["next_types"])
        return gap, kind, query + self.type_out(batch["next_types"]), state

    def item_loss(self, query, targets):
        """The loss over the whole catalogue."""
        return functional.cross_entropy(
            functional.linear(query, self.items.weight, self.item_bias), targets)

    def sampled_item_loss(self, query, targets, candidates, corrections):
        """The loss over the target and shared candidates, with logQ correction."""
        logits = torch.addmm(self.item_bias[candidates] + corrections, query,
                             self.items(candidates).T)
        logits = logits.masked_fill(candidates == targets[:, None], -1e30)
        own = (query * self.items(targets)).sum(1) + self.item_bias[targets]
        total = torch.logaddexp(torch.logsumexp(logits, 1), own)
        return (total - own).mean()


def chunks(sequences, order, lanes, steps):
    """Batches of steps × lanes; lanes take the sequences in order, the last lanes run empty."""
    queue = iter(order)
    places = [None] * lanes
    while True:
        columns, starts = [], []
        for lane in range(lanes):
            place = places[lane]
            if place is None:
                index = next(queue, None)
                if index is None:
                    continue
                place = (sequences.offsets[index], sequences.offsets[index + 1])
                starts.append(len(columns))
            columns.append((lane, place[0]))
            first = place[0] + steps
            places[lane] = (first, place[1]) if first + 1 < place[1] else None
        if not columns:
            return
        rows = np.arange(steps)[:, None] + np.array([first for _, first in columns])
        batch = {}
        for name in ("items", "types", "gaps", "week_parts"):
            values = getattr(sequences, name)
            batch[name] = torch.from_numpy(values[rows].astype(np.int64))
            batch["next_" + name] = torch.from_numpy(values[rows + 1].astype(np.int64)).flatten()
        yield batch, [lane for lane, _ in columns], starts


def run(network, sequences, order, options, step):
    """Calls `step` with each batch and the state that its lanes carry."""
    width = network.lstm.hidden_size
    carried = torch.zeros(2, 1, options.batch, width)
    for batch, lanes, starts in chunks(sequences, order, options.batch, options.steps):
        state = carried[:, :, lanes]
        state[:, :, starts] = 0
        after = step(batch, (state[0], state[1]))
        carried[:, :, lanes] = torch.stack([part.detach() for part in after])


def popularity(sequences, items):
    """The distribution that candidates are drawn from."""
    weights = (1.0 + np.bincount(sequences.items, minlength=items)) ** 0.75
    return weights / weights.sum()


def train(options):
    """Trains and evaluates; the rate is that of training alone."""
    torch.manual_seed(options.seed)
    random = np.random.default_rng(options.seed)
    training = learning_data.read(options.train)
    network = Network(options.items, options.width)
    optimizer = torch.optim.Adam(network.parameters(), lr=RATE, fused=True)
    share = popularity(training, options.items)
    sums = np.cumsum(share)

    def step(batch, state):
        gap, kind, query, state = network.heads(batch, state)
        if options.negatives < options.items:
            drawn = np.minimum(np.searchsorted(sums, random.random(options.negatives)),
                               options.items - 1)
            corrections = -np.log(options.negatives * share[drawn])
            item = network.sampled_item_loss(
                query, batch["next_items"], torch.from_numpy(drawn),
                torch.from_numpy(corrections.astype(np.float32)))
        else:
            item = network.item_loss(query, batch["next_items"])
        optimizer.zero_grad(set_to_none=True)
        (gap + kind + item).backward()
        nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimizer.step()
        return state

    processor, started = time.process_time(), time.perf_counter()
    for _ in range(options.epochs):
        run(network, training, random.permutation(len(training.offsets) - 1), options, step)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    return {"events": training.examples * options.epochs, "seconds": seconds,
            "processor_seconds": processor, **evaluate(network, options)}


@torch.no_grad()
def evaluate(network, options):
    """The exact mean losses on held-out sequences."""
    held = learning_data.read(options.validation)
    sums, count = np.zeros(3), 0

    def step(batch, state):
        nonlocal sums, count
        gap, kind, query, state = network.heads(batch, state)
        item = network.item_loss(query, batch["next_items"])
        rows = len(query)
        sums += rows * np.array([gap.item(), kind.item(), item.item()])
        count += rows
        return state

    run(network, held, range(len(held.offsets) - 1), options, step)
    return {"loss": sums.sum() / count, "item_loss": sums[2] / count}


def product(options):
    """The rate of a matrix product, in 10⁹ operations a second; the best of five rounds."""
    a = torch.full((options.rows, options.inner), 0.5)
    b = torch.full((options.inner, options.columns), 0.5)
    c = torch.empty(options.rows, options.columns)
    operations = 2 * options.rows * options.inner * options.columns
    calls = max(1, int(5e9 * options.threads / operations))
    best = 0
    for _ in range(5):
        started = time.perf_counter()
        for _ in range(calls):
            torch.mm(a, b, out=c)
        best = max(best, calls * operations / (time.perf_counter() - started) / 1e9)
    return {"gflops": best}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("work", choices=("lstm", "product"))
    for name in ("train", "validation"):
        parser.add_argument(f"--{name}")
    for name, value in (("items", 10_000), ("width", 128), ("batch", 128), ("steps", 20),
                        ("negatives", 10_000), ("epochs", 1), ("seed", 7), ("threads", 2),
                        ("rows", 512), ("inner", 512), ("columns", 512)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(json.dumps({"lstm": train, "product": product}[options.work](options)))


main()
