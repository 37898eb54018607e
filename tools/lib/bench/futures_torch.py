"""The paths of a trained model sampled in batch with PyTorch, as a peer.

    python futures_torch.py --model FOLDER --paths N --steps N …

prints one line of JSON. All paths take a step together: time, type and item by the inverse of the
running sums of their softmax, each a few matrix products and no loop over paths.
"""

import argparse
import json
import pathlib
import statistics
import time

import numpy as np
import torch
from torch.nn import functional

from learning_data import GAP_EDGES, WEEK_PARTS, WEEK_PART_SECONDS, read_tensors


class Network:
    """The LSTM and its heads, with the weights of a model of Foretwin."""

    def __init__(self, folder):
        folder = pathlib.Path(folder)
        tensors = {name.removeprefix("sequence."): torch.tensor(np.array(value))
                   for name, value in read_tensors(folder / "model.safetensors").items()
                   if name.startswith("sequence.")}
        self.weights = tensors
        self.width = tensors["type_in"].shape[1]
        self.cell = torch.nn.LSTMCell(self.width, self.width)
        with torch.no_grad():
            self.cell.weight_ih.copy_(tensors["lstm.0.weight_input"].T)
            self.cell.weight_hh.copy_(tensors["lstm.0.weight_hidden"].T)
            self.cell.bias_ih.copy_(tensors["lstm.0.bias"].flatten())
            self.cell.bias_hh.zero_()
        self.items = tensors["item_embedding"]
        self.item_bias = tensors["item_bias"].flatten()

    def advance(self, state, items, types, gaps, parts):
        """One event further."""
        w = self.weights
        x = self.items[items] + w["type_in"][types] + w["gap_in"][gaps] + w["week_in"][parts]
        return self.cell(x, state)


def draw(logits):
    """A column of each row's softmax."""
    sums = torch.softmax(logits, 1).cumsum(1)
    uniform = torch.rand(len(logits), 1) * sums[:, -1:]
    return torch.searchsorted(sums, uniform, right=True).squeeze(1).clamp_max(logits.shape[1] - 1)


@torch.inference_mode()
def simulate(network, paths, steps, longest):
    """The events of all paths after a short past."""
    w = network.weights
    state = (torch.zeros(1, network.width), torch.zeros(1, network.width))
    zero = torch.zeros(1, dtype=torch.long)
    for item in range(5):
        state = network.advance(state, zero + item, zero, zero, zero)
    state = tuple(part.repeat(paths, 1) for part in state)
    times = torch.full((paths,), 1_700_000_000)
    events = []
    for _ in range(steps):
        hidden = state[0]
        gaps = draw(functional.linear(hidden, w["gap_weight"], w["gap_bias"].flatten()))
        times = times + (torch.rand(paths) * longest[gaps]).long()
        parts = times // WEEK_PART_SECONDS % WEEK_PARTS
        query = hidden + w["gap_out"][gaps] + w["week_out"][parts]
        types = draw(functional.linear(query, w["type_weight"], w["type_bias"].flatten()))
        query = query + w["type_out"][types]
        items = draw(torch.addmm(network.item_bias, query, network.items.T))
        events.append((times, types, items))
        state = network.advance(state, items, types, gaps, parts)
    return events


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    for name, value in (("paths", 1000), ("steps", 20), ("twins", 10), ("seed", 7),
                        ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    network = Network(options.model)
    longest = torch.tensor([*GAP_EDGES, 2 * GAP_EDGES[-1]], dtype=torch.float)
    seconds = []
    for _ in range(options.twins + 1):
        started = time.perf_counter()
        simulate(network, options.paths, options.steps, longest)
        seconds.append(time.perf_counter() - started)
    seconds = seconds[1:]
    print(json.dumps({"path_steps": options.twins * options.paths * options.steps,
                      "seconds": sum(seconds), "median_ms": statistics.median(seconds) * 1000}))


main()
