#!/usr/bin/env python3
"""Reference for the sequence model: ten training steps in NumPy, float64.

Written independently of the Swift code, one lane and one step at a time, for reading rather than
speed. Checks its own gradients against central differences, then writes weights, batches, first
gradients, losses and final weights as JSON:

    python3 tools/golden-lstm.py > Tests/LearningTests/Fixtures/golden-lstm.json
    python3 tools/golden-lstm.py 16 > Tests/LearningTests/Fixtures/golden-cosine.json

With a number, items are predicted by their cosine with the query, times that number.
"""

import json
import sys

import numpy as np

ITEMS, TYPES, GAPS, WEEK, WIDTH, LAYERS = 7, 3, 16, 56, 5, 2
LANES, STEPS, CHUNKS = 3, 4, 10
COSINE = float(sys.argv[1]) if len(sys.argv) > 1 else None
RATE, CLIP, BETA1, BETA2, EPSILON = 0.01, 0.6, 0.9, 0.999, 1e-8


def shapes():
    table = {}
    for layer in range(LAYERS):
        table[f"lstm.{layer}.weight_input"] = (WIDTH, 4 * WIDTH)
        table[f"lstm.{layer}.weight_hidden"] = (WIDTH, 4 * WIDTH)
        table[f"lstm.{layer}.bias"] = (1, 4 * WIDTH)
    table.update(
        type_in=(TYPES, WIDTH), gap_in=(GAPS, WIDTH), week_in=(WEEK, WIDTH),
        type_out=(TYPES, WIDTH), gap_out=(GAPS, WIDTH), week_out=(WEEK, WIDTH), gap_weight=(GAPS, WIDTH), gap_bias=(1, GAPS),
        type_weight=(TYPES, WIDTH), type_bias=(1, TYPES), item_embedding=(ITEMS, WIDTH),
        item_bias=(ITEMS,))
    return table


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def cross_entropy(logits, target):
    """Loss and gradient by the logits."""
    shifted = logits - logits.max()
    p = np.exp(shifted) / np.exp(shifted).sum()
    gradient = p.copy()
    gradient[target] -= 1
    return -np.log(p[target]), gradient


def unit(x):
    """The direction of a vector, and the length it is divided by."""
    length = np.sqrt(x @ x + 1e-12)
    return x / length, length


def item_logits(w, z):
    """The logits of all items."""
    if COSINE is None:
        return w["item_embedding"] @ z + w["item_bias"]
    table = np.array([unit(row)[0] for row in w["item_embedding"]])
    return COSINE * (table @ unit(z)[0]) + w["item_bias"]


def item_backward(w, grads, z, d_item):
    """Adds the gradient of the item table and its bias; returns the one of the query."""
    grads["item_bias"] += d_item
    if COSINE is None:
        grads["item_embedding"] += np.outer(d_item, z)
        return w["item_embedding"].T @ d_item
    direction, length = unit(z)
    by_direction = np.zeros(WIDTH)
    for item in range(ITEMS):
        own, size = unit(w["item_embedding"][item])
        slope = COSINE * d_item[item]
        grads["item_embedding"][item] += (
            slope * (direction - own * (own @ direction)) / size)
        by_direction += slope * own
    return (by_direction - direction * (direction @ by_direction)) / length


def chunk_loss(w, batch, carried):
    """Losses, gradients of the mean loss, and the state to carry on.

    batch: arrays of shape (STEPS, LANES); carried: (hidden, cell), each (LAYERS, LANES, WIDTH).
    """
    grads = {name: np.zeros_like(value) for name, value in w.items()}
    active = int((batch["items"] >= 0).sum())
    scale = 1 / max(active, LANES * STEPS // 4)
    sums = np.zeros(3)
    out_hidden, out_cell = carried[0].copy(), carried[1].copy()
    for lane in range(LANES):
        h = [carried[0][l, lane].copy() for l in range(LAYERS)]
        c = [carried[1][l, lane].copy() for l in range(LAYERS)]
        tape = []
        for t in range(STEPS):
            item = batch["items"][t, lane]
            if item < 0:
                break
            if batch["resets"][t, lane]:
                h = [np.zeros(WIDTH) for _ in range(LAYERS)]
                c = [np.zeros(WIDTH) for _ in range(LAYERS)]
            kind, gap = batch["types"][t, lane], batch["gaps"][t, lane]
            x = (w["item_embedding"][item] + w["type_in"][kind] + w["gap_in"][gap]
                 + w["week_in"][batch["week_parts"][t, lane]])
            saved = []
            for l in range(LAYERS):
                pre = (x @ w[f"lstm.{l}.weight_input"] + h[l] @ w[f"lstm.{l}.weight_hidden"]
                       + w[f"lstm.{l}.bias"][0])
                i, f, o = (sigmoid(pre[k * WIDTH:(k + 1) * WIDTH]) for k in (0, 1, 3))
                g = np.tanh(pre[2 * WIDTH:3 * WIDTH])
                new_c = f * c[l] + i * g
                saved.append((x, h[l], c[l], i, f, g, o, new_c))
                c[l], h[l] = new_c, o * np.tanh(new_c)
                x = h[l]
            next_item = batch["target_items"][t, lane]
            next_type = batch["target_types"][t, lane]
            next_gap = batch["target_gaps"][t, lane]
            top = h[-1]
            loss, d_gap = cross_entropy(w["gap_weight"] @ top + w["gap_bias"][0], next_gap)
            sums[0] += loss
            u = top + w["gap_out"][next_gap] + w["week_out"][
                batch["target_week_parts"][t, lane]]
            loss, d_type = cross_entropy(w["type_weight"] @ u + w["type_bias"][0], next_type)
            sums[1] += loss
            z = u + w["type_out"][next_type]
            loss, d_item = cross_entropy(item_logits(w, z), next_item)
            sums[2] += loss
            tape.append((t, saved, top, u, z, d_gap * scale, d_type * scale, d_item * scale))
        for l in range(LAYERS):
            out_hidden[l, lane], out_cell[l, lane] = h[l], c[l]
        back_through(w, grads, batch, lane, tape)
    return sums, active, grads, (out_hidden, out_cell)


def back_through(w, grads, batch, lane, tape):
    dh = [np.zeros(WIDTH) for _ in range(LAYERS)]
    dc = [np.zeros(WIDTH) for _ in range(LAYERS)]
    for t, saved, top, u, z, d_gap, d_type, d_item in reversed(tape):
        dz = item_backward(w, grads, z, d_item)
        grads["type_out"][batch["target_types"][t, lane]] += dz
        grads["type_weight"] += np.outer(d_type, u)
        grads["type_bias"][0] += d_type
        du = dz + w["type_weight"].T @ d_type
        grads["gap_out"][batch["target_gaps"][t, lane]] += du
        grads["week_out"][batch["target_week_parts"][t, lane]] += du
        grads["gap_weight"] += np.outer(d_gap, top)
        grads["gap_bias"][0] += d_gap
        above = du + w["gap_weight"].T @ d_gap
        for l in reversed(range(LAYERS)):
            x, h0, c0, i, f, g, o, c1 = saved[l]
            dh_l = above + dh[l]
            s = np.tanh(c1)
            dc_l = dc[l] + dh_l * o * (1 - s * s)
            pre = np.concatenate([
                dc_l * g * i * (1 - i), dc_l * c0 * f * (1 - f), dc_l * i * (1 - g * g),
                dh_l * s * o * (1 - o)])
            grads[f"lstm.{l}.weight_input"] += np.outer(x, pre)
            grads[f"lstm.{l}.weight_hidden"] += np.outer(h0, pre)
            grads[f"lstm.{l}.bias"][0] += pre
            dh[l] = w[f"lstm.{l}.weight_hidden"] @ pre
            dc[l] = dc_l * f
            above = w[f"lstm.{l}.weight_input"] @ pre
        grads["item_embedding"][batch["items"][t, lane]] += above
        grads["type_in"][batch["types"][t, lane]] += above
        grads["gap_in"][batch["gaps"][t, lane]] += above
        grads["week_in"][batch["week_parts"][t, lane]] += above
        if batch["resets"][t, lane]:
            dh = [np.zeros(WIDTH) for _ in range(LAYERS)]
            dc = [np.zeros(WIDTH) for _ in range(LAYERS)]


def random_batch(rng, chunk):
    size = (STEPS, LANES)
    batch = {
        "items": rng.integers(0, ITEMS, size), "types": rng.integers(0, TYPES, size),
        "gaps": rng.integers(0, GAPS, size), "target_items": rng.integers(0, ITEMS, size),
        "target_types": rng.integers(0, TYPES, size),
        "target_gaps": rng.integers(0, GAPS, size),
        "week_parts": rng.integers(0, WEEK, size),
        "target_week_parts": rng.integers(0, WEEK, size),
        "resets": (rng.random(size) < 0.15).astype(int)}
    if chunk == 0:
        batch["resets"][0] = 1
    if chunk == CHUNKS - 1:  # one lane runs out of sequences in the last chunk
        batch["items"][2:, 1] = -1
        batch["resets"][2:, 1] = 0
    return batch


def check_gradients(w, batch, carried):
    """The largest relative error against central differences, per tensor."""
    sums, active, grads, _ = chunk_loss(w, batch, carried)
    scale = 1 / max(active, LANES * STEPS // 4)
    worst = 0.0
    for name, value in w.items():
        flat, numeric = value.reshape(-1), np.zeros(value.size)
        for k in range(value.size):
            old = flat[k]
            flat[k] = old + 1e-5
            up = chunk_loss(w, batch, carried)[0].sum()
            flat[k] = old - 1e-5
            down = chunk_loss(w, batch, carried)[0].sum()
            flat[k] = old
            numeric[k] = (up - down) / 2e-5 * scale
        analytic = grads[name].reshape(-1)
        error = np.linalg.norm(numeric - analytic) / max(np.linalg.norm(numeric), 1e-12)
        worst = max(worst, error)
    return worst


def listed(array):
    return [float(f"{x:.12g}") for x in np.asarray(array, dtype=float).reshape(-1)]


def main():
    rng = np.random.default_rng(20240607)
    # Rounded to single precision, so that both programs begin with the same numbers.
    w = {name: np.float64(np.float32(rng.normal(0, 0.4, shape)))
         for name, shape in shapes().items()}
    initial = {name: listed(value) for name, value in w.items()}
    batches = [random_batch(rng, chunk) for chunk in range(CHUNKS)]
    carried = (np.zeros((LAYERS, LANES, WIDTH)), np.zeros((LAYERS, LANES, WIDTH)))
    worst = check_gradients(w, batches[0], carried)
    if worst > 1e-6:
        sys.exit(f"gradient check failed: relative error {worst:.2e}")
    first = {name: np.zeros_like(value) for name, value in w.items()}
    second = {name: np.zeros_like(value) for name, value in w.items()}
    losses, norms, first_gradients = [], [], None
    for step, batch in enumerate(batches, start=1):
        sums, _, grads, carried = chunk_loss(w, batch, carried)
        losses.append(listed(sums))
        if first_gradients is None:
            first_gradients = {name: listed(value) for name, value in grads.items()}
        norm = np.sqrt(sum((value ** 2).sum() for value in grads.values()))
        norms.append(float(norm))
        factor = min(1.0, CLIP / norm)
        for name in w:
            g = grads[name] * factor
            first[name] = BETA1 * first[name] + (1 - BETA1) * g
            second[name] = BETA2 * second[name] + (1 - BETA2) * g * g
            mean = first[name] / (1 - BETA1 ** step)
            square = second[name] / (1 - BETA2 ** step)
            w[name] = w[name] - RATE * mean / (np.sqrt(square) + EPSILON)
    document = {
        "itemCount": ITEMS, "typeCount": TYPES, "width": WIDTH, "layers": LAYERS,
        "cosineScale": COSINE, "lanes": LANES, "steps": STEPS, "learningRate": RATE, "clip": CLIP,
        "weights": initial,
        "batches": [{name: np.asarray(value).reshape(-1).tolist()
                     for name, value in batch.items()} for batch in batches],
        "firstGradients": first_gradients, "gradientNorms": norms, "losses": losses,
        "finalWeights": {name: listed(value) for name, value in w.items()}}
    print(json.dumps(document, sort_keys=True))


main()
