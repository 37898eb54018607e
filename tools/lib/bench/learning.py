"""Training: the LSTM beside PyTorch, skip-gram beside gensim, products beside MKL."""

import sys

import learning_data
from programs import HERE, run_json, say
from report import row

ITEMS = 10_000
STEPS = 20
WIDTH = 128
CANDIDATES = 512
VECTOR_WIDTH = 64
VECTOR_EPOCHS = 3
SHAPES = ((32, 256, 1024), (128, 256, 1024), (512, 512, 512))
THREADS = 2

GOAL_FULL = 4.0
GOAL_SAMPLED = 3.0
GOAL_SKIP_GRAM = 4.0
GOAL_SHARE = 0.5
GOAL_PRODUCT = 0.9
# "The same loss" allows for another seed: a hundredth of a nat in eight or nine.
GOAL_LOSS = 0.995


def operations(candidates):
    """The useful operations of learning from one event: each product forward, and twice back."""
    layer = 2 * (2 * WIDTH * 4 * WIDTH)
    heads = 2 * WIDTH * (candidates + learning_data.GAPS + learning_data.TYPES)
    return 3 * (layer + heads)


class Learning:
    """The data and the programs."""

    def __init__(self, options, scratch):
        self.options = options
        self.folder = scratch.fresh("learning")
        events = options.events if options.events_given else 20_000 if options.quick else 100_000
        shop = learning_data.Shop(ITEMS, options.seed)
        # A sequence has 39 examples on average.
        self.sizes = {"train": max(130, events // 39), "validation": max(130, events // 390),
                      "words": max(200, 10 * events // 39), "held": max(130, events // 100)}
        for name, count in self.sizes.items():
            learning_data.write(self.folder / name, shop.sequences(count, STEPS))

    def foretwin(self, phase, **values):
        """Runs `foretwin-bench learning`."""
        return run_json([self.options.bench, "learning", phase, *flags(values),
                         "--threads", THREADS, "--seed", self.options.seed])

    def peer(self, name, *words, **values):
        """Runs a peer."""
        return run_json([sys.executable, HERE / f"learning_{name}.py", *words, *flags(values),
                         "--threads", THREADS, "--seed", self.options.seed])

    def lstm(self, negatives):
        """Both train the same network on the same file; results of (Foretwin, PyTorch)."""
        values = {"train": self.folder / "train", "validation": self.folder / "validation",
                  "items": ITEMS, "width": WIDTH, "negatives": negatives}
        return self.foretwin("lstm", **values), self.peer("torch", "lstm", **values)

    def skip_gram(self):
        """Both train vectors on the same sequences; results of (Foretwin, gensim)."""
        results = []
        for name, work in (("ours", lambda **values: self.foretwin("skip-gram", **values)),
                           ("gensim", lambda **values: self.peer("gensim", **values))):
            path = self.folder / f"{name}.safetensors"
            result = work(train=self.folder / "words", vectors=path, items=ITEMS,
                          width=VECTOR_WIDTH, negatives=5, epochs=VECTOR_EPOCHS)
            result["hit_rate"] = hit_rate(path, self.folder / "held")
            results.append(result)
        return results

    def product(self, shape, threads):
        """Rates of (Foretwin, MKL) in 10⁹ operations a second."""
        values = flags(dict(zip(("rows", "inner", "columns"), shape)))
        command = ["product", *values, "--threads", threads]
        return tuple(run_json(program)["gflops"] for program in (
            [self.options.bench, "learning", *command],
            [sys.executable, HERE / "learning_torch.py", *command]))


def flags(values):
    """Options of a command line."""
    return [part for name, value in values.items() for part in (f"--{name}", value)]


def hit_rate(vectors, held):
    """How often the next item of a held-out sequence is among the 20 nearest."""
    from learning_gensim import hit_rate as rate

    return rate(learning_data.read_tensors(vectors)["vectors"], learning_data.read(held))


def rate(result, of="events"):
    """How much was done in a second."""
    return result[of] / result["seconds"]


def measure(options, scratch):
    """The rows, after runs that took turns."""
    work = Learning(options, scratch)
    full, sampled, words, products, machine = [], [], [], {}, []
    for repetition in range(options.repetitions):
        say(f"learning, round {repetition + 1} of {options.repetitions}")
        # Beside each training the rate of products at that moment: others may use the machine.
        machine.append(max(work.product(SHAPES[1], THREADS)))
        full.append(work.lstm(ITEMS))
        sampled.append(work.lstm(CANDIDATES))
        words.append(work.skip_gram())
        for shape in SHAPES:
            products.setdefault(shape, []).append(work.product(shape, 1))
    return rows(full, sampled, words, products, machine)


def rows(full, sampled, words, products, machine):
    """The rows of all results."""
    result = []
    for title, runs, goal, candidates in (
            ("LSTM, full softmax", full, GOAL_FULL, ITEMS),
            ("LSTM, 512 candidates", sampled, GOAL_SAMPLED, CANDIDATES)):
        ours, theirs = zip(*runs)
        rates = [rate(each) for each in ours]
        result.append(row(title, "events/s", rates, [rate(each) for each in theirs],
                          "PyTorch", goal))
        result.append(row(f"{title}, validation loss", "nats", [each["loss"] for each in ours],
                          [each["loss"] for each in theirs], "PyTorch", GOAL_LOSS))
        done = [each * operations(candidates) / 1e9 for each in rates]
        result.append(row(f"{title}, useful operations", "GFLOP/s", done, machine,
                          "products, 2 threads", GOAL_SHARE))
    ours, theirs = zip(*words)
    result.append(row("skip-gram", "words/s", [rate(each, "words") for each in ours],
                      [rate(each, "words") for each in theirs], "gensim", GOAL_SKIP_GRAM))
    result.append(row("skip-gram, next item in the nearest 20", "share",
                      [each["hit_rate"] for each in ours],
                      [each["hit_rate"] for each in theirs], "gensim", 1.0))
    for shape, runs in products.items():
        result.append(row(f"product {'×'.join(map(str, shape))}", "GFLOP/s",
                          [ours for ours, _ in runs], [theirs for _, theirs in runs],
                          "MKL, 1 thread", GOAL_PRODUCT))
    return result
