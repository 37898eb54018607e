"""Simulation: a model's paths beside the same network sampled in PyTorch."""

import sys

from programs import HERE, run_json, say
from report import row

# Of the shop's items, customers meet a little more than half, which the model knows: 10,561.
ITEMS = 20_000
WIDTH = 128
PATHS = 1000
STEPS = 20
THREADS = 2

GOAL_RATE = 25.0
# Milliseconds of two cores for the futures of one twin.
GOAL_TIME = 50.0
# Total variation.
GOAL_ERROR = 0.01


class Simulation:
    """The model, and the programs."""

    def __init__(self, options, scratch):
        self.options = options
        self.models = scratch.fresh("models")
        self.shop = ["--models", self.models, "--items", ITEMS, "--seed", options.seed,
                     "--customers", 200 if options.quick else 1500, "--width", WIDTH]
        self.twins = 2 if options.quick else 10
        trained = self.foretwin("train")
        self.model, self.items = trained["model"], trained["items"]

    def foretwin(self, phase, *more):
        """Runs `foretwin-bench futures`."""
        return run_json([self.options.bench, "futures", phase, *self.shop,
                         "--threads", THREADS, *more])

    def simulated(self, *more):
        """Foretwin's rate and time for one twin."""
        return self.foretwin("simulate", "--paths", PATHS, "--steps", STEPS,
                             "--twins", self.twins, *more)

    def sampled(self):
        """The same of PyTorch."""
        return run_json([sys.executable, HERE / "futures_torch.py", "--model", self.model,
                         "--paths", PATHS, "--steps", STEPS, "--twins", self.twins,
                         "--threads", THREADS, "--seed", self.options.seed])


def rate(result):
    """Path-steps in a second."""
    return result["path_steps"] / result["seconds"]


def measure(options, scratch):
    """The rows, after runs that took turns."""
    say("futures, training the model")
    work = Simulation(options, scratch)
    whole, network, peer = [], [], []
    for repetition in range(options.repetitions):
        say(f"futures, round {repetition + 1} of {options.repetitions}")
        network.append(work.simulated("--sequence-only"))
        peer.append(work.sampled())
        whole.append(work.simulated())
    rates = [rate(each) for each in peer]
    times = [each["median_ms"] for each in whole]
    title = f"{PATHS:,} paths × {STEPS} steps, {work.items:,} items"
    errors = [each["item_head_error"] for each in network + whole]
    rows = [
        row(f"{title}, LSTM alone", "path-steps/s", [rate(each) for each in network], rates,
            "PyTorch", GOAL_RATE),
        row(f"{title}, all evidence", "path-steps/s", [rate(each) for each in whole], rates,
            "PyTorch, LSTM alone", GOAL_RATE),
        row(f"{title}, all evidence, one twin", "ms", times, [GOAL_TIME] * len(times), "limit",
            1.0),
    ]
    # A small catalogue is gone through, and there is no error to tell.
    if all(errors):
        rows.append(row("items drawn by proposals that would be others by the whole item head",
                        "share", errors, [GOAL_ERROR] * len(errors), "limit", 1.0))
    return rows
