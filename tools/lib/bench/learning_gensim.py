"""Skip-gram by gensim, as a peer, and the neighbour hit rate of anybody's vectors.

    python learning_gensim.py --train FILE --vectors FILE --width D …

prints one line of JSON with the rate of training alone and writes the vectors.
"""

import argparse
import json
import pathlib
import time

import numpy as np

import learning_data

WINDOW = 5
BLOCK = 512


def hit_rate(vectors, sequences, neighbours=20, pairs=20_000):
    """How often the next item of a held-out sequence is among an item's nearest by cosine."""
    firsts = np.ones(len(sequences.items), bool)
    firsts[sequences.offsets[1:-1]] = False  # the first event of a sequence follows nothing
    places = np.flatnonzero(firsts)[1:][:pairs]
    before, after = sequences.items[places - 1], sequences.items[places]
    used = before != after
    before, after = before[used], after[used]
    units = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    hits = 0
    for start in range(0, len(before), BLOCK):
        part = slice(start, start + BLOCK)
        scores = units[before[part]] @ units.T
        rows = np.arange(len(scores))
        own = scores[rows, after[part]][:, None]
        scores[rows, before[part]] = -np.inf
        # Itself included, and whatever is as near: a vector of zeros is near to nothing.
        hits += int(((scores >= own).sum(axis=1) <= neighbours).sum())
    return hits / len(before)


def train(options):
    """Trains from a text file, gensim's fastest way in, which needs no Python object a word."""
    from gensim.models import Word2Vec

    sequences = learning_data.read(options.train)
    corpus = pathlib.Path(options.vectors).with_suffix(".txt")
    with open(corpus, "w", encoding="ascii") as file:
        for start, end in zip(sequences.offsets[:-1], sequences.offsets[1:]):
            file.write(" ".join(map(str, sequences.items[start:end])) + "\n")
    model = Word2Vec(vector_size=options.width, window=WINDOW, negative=options.negatives, sg=1,
                     hs=0, sample=1e-3, min_count=1, workers=options.threads, seed=options.seed)
    model.build_vocab(corpus_file=str(corpus))
    words = len(sequences.items)
    processor, started = time.process_time(), time.perf_counter()
    model.train(corpus_file=str(corpus), total_examples=model.corpus_count, total_words=words,
                epochs=options.epochs)
    seconds, processor = time.perf_counter() - started, time.process_time() - processor
    vectors = np.zeros((options.items, options.width), np.float32)
    for word, index in model.wv.key_to_index.items():
        vectors[int(word)] = model.wv.vectors[index]
    learning_data.write_tensors(options.vectors, {"vectors": vectors})
    return {"words": words * options.epochs, "seconds": seconds, "processor_seconds": processor}


def main():
    parser = argparse.ArgumentParser()
    for name in ("train", "vectors"):
        parser.add_argument(f"--{name}", required=True)
    for name, value in (("items", 10_000), ("width", 64), ("negatives", 5), ("epochs", 5),
                        ("seed", 7), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=value)
    print(json.dumps(train(parser.parse_args())))


if __name__ == "__main__":
    main()
