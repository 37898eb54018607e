"""Runs `foretwin evaluate` on a data set; `tools/evaluate --help` says how."""

import argparse
import itertools
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

from . import datasets

ROOT = pathlib.Path(__file__).resolve().parents[3]


def parse(arguments):
    """The options."""
    parser = argparse.ArgumentParser(prog="tools/evaluate", add_help=False)
    parser.add_argument("dataset", choices=sorted(datasets.ALL))
    parser.add_argument("--data", required=True, type=pathlib.Path)
    parser.add_argument("--validation", action="store_true")
    parser.add_argument("--method", default="full")
    parser.add_argument("--config", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folds", type=int)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--program", type=pathlib.Path)
    parser.add_argument("--sweep", action="append", default=[], type=sweep)
    options = parser.parse_args(arguments)
    if options.sweep and not options.validation:
        parser.error("--sweep needs --validation: settings are not chosen on the test part")
    if options.folds is not None and options.folds < 1:
        parser.error("--folds must be 1 or more")
    return options


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
        raise datasets.DataError(f"{path} is missing.")
    return {}


def command(options, data, folder):
    """What is run for a fold whose files are in a folder."""
    return [
        options.program, "evaluate", data.protocol, "--train", folder / "train.csv", "--test",
        folder / "test.csv", "--k", data.lengths, "--method", options.method, "--seed",
        str(options.seed), "--json", folder / "result.json", "--config", folder / "config.json",
        *data.options]


def run_fold(options, data, chosen, fold):
    """The result of one fold, as `foretwin evaluate` writes it."""
    with tempfile.TemporaryDirectory(prefix="foretwin-evaluate.") as folder:
        folder = pathlib.Path(folder)
        header, training, test = fold
        write(folder / "train.csv", header, training)
        write(folder / "test.csv", header, test)
        (folder / "config.json").write_text(json.dumps(chosen), "utf-8")
        done = subprocess.run(
            command(options, data, folder), stdout=sys.stderr, stdin=subprocess.DEVNULL,
            check=False)
        if done.returncode != 0:
            raise datasets.DataError(f"foretwin ended with code {done.returncode}.")
        return json.loads((folder / "result.json").read_text("utf-8"))


def run(options, data, chosen):
    """The results of all folds that are wanted, with some settings."""
    results = []
    for fold in data.folds(options.data, options.validation):
        results.append(run_fold(options, data, chosen, fold))
        if len(results) == options.folds:
            break
    return results


def figures(data, results):
    """The means over the folds, in the order of the table's columns."""
    return [
        factor * sum(result[key][length] for result in results) / len(results)
        for key, length, _, factor in data.figures]


def table(data, ours, name):
    """The published figures and ours, as Markdown."""
    digits = [1 if factor == 100 else 3 for *_, factor in data.figures]
    lines = ["| | " + " | ".join(heading for _, _, heading, _ in data.figures) + " |",
             "|---|" + "---|" * len(data.figures)]
    for title, values in [*data.published.items(), (name, ours)]:
        cells = (f"{value:.{places}f}" for value, places in zip(values, digits))
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


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
        results = run(options, data, with_values(base, zip(keys, values)))
        found.append((figures(data, results), values, sum(seconds_of(results).values())))
    headings = [heading for _, _, heading, _ in data.figures]
    print(f"{data.title}, validation cut, seed {options.seed}, `{options.method}`\n")
    print("| " + " | ".join([".".join(key) for key in keys] + headings + ["s"]) + " |")
    print("|---" * (len(keys) + len(headings) + 1) + "|")
    found.sort(key=lambda entry: entry[0], reverse=True)
    for ours, values, seconds in found:
        cells = [json.dumps(value) for value in values] + [f"{value:.4g}" for value in ours]
        print("| " + " | ".join([*cells, f"{seconds:.0f}"]) + " |")
    print("\nThe best of many is a little better by chance: look at the test part once, with it.")
    return [{"settings": dict(zip((".".join(key) for key in keys), values)), "seconds": seconds,
             **dict(zip(headings, ours))} for ours, values, seconds in found]


def run_once(options, data):
    """Asks once and prints the table."""
    results = run(options, data, settings(options, data))
    ours = figures(data, results)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = seconds_of(results)
    part = "validation cut" if options.validation else "test"
    print(f"{data.title}, {part}: {sum(result['examples'] for result in results):,} examples, "
          f"seed {options.seed}\n")
    # What others published is of the test part alone.
    print(table(data, ours, f"**Foretwin, `{options.method}`**") if not options.validation else
          ", ".join(f"{heading} {value:.4g}" for (*_, heading, _), value
                    in zip(data.figures, ours)))
    spent = ", ".join(f"{stage} {value:.0f}" for stage, value in seconds.items() if value >= 1)
    print(f"\n{sum(seconds.values()):.0f} s ({spent}), {usage.ru_maxrss / 1024:.0f} MiB at most")
    return {
        "dataset": data.name, "validation": options.validation, "method": options.method,
        "seed": options.seed, "seconds": seconds, "peak_mebibytes": usage.ru_maxrss // 1024,
        **{heading: value for (*_, heading, _), value in zip(data.figures, ours)}}


def main(arguments):
    """Runs what is asked for; returns the exit code."""
    options = parse(arguments)
    data = datasets.ALL[options.dataset]
    try:
        if not options.data.exists():
            raise datasets.DataError(f"There is no {options.data}.")
        if options.program is None:
            options.program = build()
        found = run_sweep(options, data) if options.sweep else run_once(options, data)
        if options.json:
            options.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    except (datasets.DataError, OSError, ValueError, KeyError) as error:
        print(f"tools/evaluate: {error} See tools/evaluate --help.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
