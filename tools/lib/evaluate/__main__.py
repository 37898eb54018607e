"""Runs `foretwin evaluate` on a data set; `tools/evaluate --help` says how."""

import argparse
import functools
import itertools
import json
import pathlib
import subprocess
import sys
import tempfile
import time

from . import baselines, datasets, folds, measured, tables

ROOT = pathlib.Path(__file__).resolve().parents[3]


def parse(arguments):
    """The options."""
    parser = argparse.ArgumentParser(prog="tools/evaluate", add_help=False)
    parser.add_argument("dataset", choices=sorted(datasets.ALL))
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--method", default="full")
    parser.add_argument("--config", type=pathlib.Path)
    parser.add_argument("--seeds", type=seeds, default=[7])
    parser.add_argument("--known-baskets", choices=["yes", "no"])
    parser.add_argument("--only-baselines", action="store_true")
    parser.add_argument("--folds", type=int)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--sweep", action="append", default=[], type=sweep)
    options = parser.parse_args(arguments)
    if options.sweep and not options.validation:
        parser.error("--sweep needs --validation: settings are not chosen on the test part")
    if options.folds is not None and options.folds < 1:
        parser.error("--folds must be 1 or more")
    if options.only_baselines and options.validation:
        parser.error("--only-baselines needs the test part: on the validation cut they are chosen")
    if options.known_baskets and not datasets.ALL[options.dataset].has_known_baskets:
        parser.error(f"--known-baskets is nothing that {options.dataset} has")
    return options


def seeds(text):
    """The seeds of "7,8,9", each once."""
    try:
        return list(dict.fromkeys(int(seed) for seed in text.split(",")))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"'{text}' is not seeds, such as 7,8,9") from error


def sweep(text):
    """The key of a setting and the values to try."""
    key, _, values = text.partition("=")
    try:
        return key.split("."), [json.loads(value) for value in values.split(",")]
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a setting and its values, such as sequence.width=64,128") from error


def with_values(settings, values):
    """A copy of settings with values at keys."""
    result = json.loads(json.dumps(settings))
    for key, value in values:
        place = result
        for part in key[:-1]:
            place = place.setdefault(part, {})
        place[key[-1]] = value
    return result


def build():
    """Builds the program and says where it is."""
    command = ["swift", "build", "-c", "release", "--product", "foretwin"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=sys.stderr)
    shown = subprocess.run([*command, "--show-bin-path"], cwd=ROOT, check=True,
                           capture_output=True, text=True)
    return pathlib.Path(shown.stdout.strip(), "foretwin")


def write(path, header, rows):
    """Writes an event file."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(header + "\n")
        file.writelines(row + "\n" for row in rows)


def settings(options, data):
    """The settings of training that are asked for: a file's, or those of the data set."""
    path = options.config or pathlib.Path(ROOT, "tools/lib/evaluate", f"{data.name}.json")
    if path.is_file():
        return json.loads(path.read_text("utf-8"))
    if options.config:
        raise folds.DataError(f"{path} is missing.")
    return {}


def command(options, data, folder, seed):
    """What is run for a fold whose files are in a folder."""
    return [
        options.program, "evaluate", data.protocol, "--train", folder / "train.csv", "--test",
        folder / "test.csv", "--k", data.lengths, "--method", options.method, "--seed",
        str(seed), "--json", folder / "result.json", "--config", folder / "config.json",
        *data.options]


def run_fold(options, data, chosen, fold):
    """The results of one fold by seed, as `foretwin evaluate` writes them, and the greatest
    memory of each run in bytes."""
    results = {}
    with tempfile.TemporaryDirectory(prefix="foretwin-evaluate.") as folder:
        folder = pathlib.Path(folder)
        header, training, test = fold
        write(folder / "train.csv", header, training)
        write(folder / "test.csv", header, test)
        (folder / "config.json").write_text(json.dumps(chosen), "utf-8")
        for seed in options.seeds:
            done = subprocess.run(
                [sys.executable, "-S", measured.__file__, folder / "memory.txt",
                 *command(options, data, folder, seed)],
                stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)
            if done.returncode != 0:
                raise folds.DataError(f"foretwin ended with code {done.returncode}.")
            results[seed] = json.loads((folder / "result.json").read_text("utf-8"))
            results[seed]["peak_bytes"] = int((folder / "memory.txt").read_text("utf-8"))
    return results


def read_folds(options, data, validation):
    """The folds that are wanted, with their rows read."""
    make = data.folds
    if data.has_known_baskets:
        make = functools.partial(make, known_baskets=options.known_baskets != "no")
    for header, training, test in itertools.islice(
            make(options.data, validation), options.folds):
        yield header, list(training), list(test)


def run(options, data, chosen):
    """The results of all folds that are wanted, by seed."""
    by_seed = {seed: [] for seed in options.seeds}
    for fold in read_folds(options, data, options.validation):
        for seed, result in run_fold(options, data, chosen, fold).items():
            by_seed[seed].append(result)
    return by_seed


def run_baselines(options, data):
    """The results of the simple methods on the test part of all folds, by title."""
    found = {baseline.title: [] for baseline in data.task.baselines}
    pairs = zip(read_folds(options, data, True), read_folds(options, data, False), strict=True)
    for number, (validation, test) in enumerate(pairs, 1):
        started = time.monotonic()
        for title, result in baselines.results(data.task, validation, test).items():
            found[title].append(result)
        print(f"simple methods, fold {number}: {time.monotonic() - started:.0f} s",
              file=sys.stderr, flush=True)
    return found


def seconds_of(results):
    """The seconds of each stage of work, over all folds."""
    seconds = {}
    for result in results:
        for stage, value in result["seconds"].items():
            seconds[stage] = round(seconds.get(stage, 0) + value, 1)
    return seconds


def run_sweep(options, data):
    """Tries all combinations of values and prints them, the best first."""
    base = settings(options, data)
    keys = [key for key, _ in options.sweep]
    found = []
    combinations = list(itertools.product(*(values for _, values in options.sweep)))
    for number, values in enumerate(combinations, 1):
        name = ", ".join(f"{'.'.join(key)} {json.dumps(value)}" for key, value in zip(keys, values))
        print(f"{number} of {len(combinations)}: {name}", file=sys.stderr, flush=True)
        by_seed = run(options, data, with_values(base, zip(keys, values)))
        results = list(itertools.chain.from_iterable(by_seed.values()))
        found.append((tables.figures(data, results), values, sum(seconds_of(results).values())))
    headings = tables.headings(data)
    print(f"{data.title}, validation cut, {seeds_text(options)}, `{options.method}`\n")
    print("| " + " | ".join([".".join(key) for key in keys] + headings + ["s"]) + " |")
    print("|---" * (len(keys) + len(headings) + 1) + "|")
    found.sort(key=lambda entry: entry[0], reverse=True)
    for ours, values, seconds in found:
        cells = [json.dumps(value) for value in values] + [f"{value:.4g}" for value in ours]
        print("| " + " | ".join([*cells, f"{seconds:.0f}"]) + " |")
    print("\nThe best of many is a little better by chance: look at the test part once, with it.")
    return [{"settings": dict(zip((".".join(key) for key in keys), values)), "seconds": seconds,
             **dict(zip(headings, ours))} for ours, values, seconds in found]


def seeds_text(options):
    """How the seeds are written in a heading."""
    return ("seed " if len(options.seeds) == 1 else "seeds ") + ", ".join(map(str, options.seeds))


def run_once(options, data):
    """Asks once for each seed and prints the table."""
    chosen = settings(options, data)
    # What is quoted and computed besides is of the test part alone.
    simple = {} if options.validation else run_baselines(options, data)
    by_seed = {} if options.only_baselines else run(options, data, chosen)
    ours = tables.spread(data, by_seed) if by_seed else []
    results = next(iter([*by_seed.values(), *simple.values()]))
    print(f"{data.title}, {'validation cut' if options.validation else 'test'}"
          + (f", known baskets: {options.known_baskets or 'yes'}" * data.has_known_baskets)
          + f": {sum(result['examples'] for result in results):,} examples"
          + (f", {seeds_text(options)}" * bool(by_seed)) + "\n")
    if options.validation:
        print(", ".join(f"{heading} {mean:.4g}" + f" ({low:.4g} to {high:.4g})" * (low != high)
                        for heading, (mean, low, high) in zip(tables.headings(data), ours)))
    else:
        print(tables.table(data, simple, ours, options.method))
        if data.note:
            print(f"\n{data.note}")
        print("\nChosen on the validation cut:")
        print("\n".join(tables.choices(data.task.baselines, simple)))
    return {
        "dataset": data.name, "validation": options.validation, "method": options.method,
        **({"known_baskets": options.known_baskets != "no"} if data.has_known_baskets else {}),
        **(effort(by_seed) if by_seed else {}),
        **{heading: mean for heading, (mean, _, _) in zip(tables.headings(data), ours)},
        "seeds": {str(seed): dict(zip(tables.headings(data), tables.figures(data, results)))
                  for seed, results in by_seed.items()},
        "simple": {title: {
            **dict(zip(tables.headings(data), tables.figures(data, results))),
            "settings": [result["setting"] for result in results]}
            for title, results in simple.items()}}


def effort(by_seed):
    """Prints and returns the mean time of a seed and the greatest memory."""
    results = list(itertools.chain.from_iterable(by_seed.values()))
    seconds = {stage: round(value / len(by_seed), 1)
               for stage, value in seconds_of(results).items()}
    peak = max(result["peak_bytes"] for result in results) / 2**20
    spent = ", ".join(f"{stage} {value:.0f}" for stage, value in seconds.items() if value >= 1)
    print(f"\n{sum(seconds.values()):.0f} s a seed ({spent}), {peak:.0f} MiB at most")
    return {"seconds": seconds, "peak_mebibytes": round(peak)}


def main(arguments):
    """Runs what is asked for; returns the exit code."""
    options = parse(arguments)
    data = datasets.ALL[options.dataset]
    try:
        if not options.data.exists():
            raise folds.DataError(f"There is no {options.data}.")
        if options.program is None and not options.only_baselines:
            options.program = build()
        if options.program and not options.program.is_file():
            raise folds.DataError(f"There is no {options.program}.")
        found = run_sweep(options, data) if options.sweep else run_once(options, data)
        if options.json:
            options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except (folds.DataError, OSError, ValueError, KeyError) as error:
        print(f"tools/evaluate: {error} See tools/evaluate --help.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
