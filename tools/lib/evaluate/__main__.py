"""Runs `foretwin evaluate` on a data set; `tools/evaluate --help` says how."""

import argparse
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
    options = parser.parse_args(arguments)
    if options.folds is not None and options.folds < 1:
        parser.error("--folds must be 1 or more")
    return options


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


def command(options, data, folder):
    """What is run for a fold whose files are in a folder."""
    config = options.config or pathlib.Path(ROOT, "tools/lib/evaluate", f"{data.name}.json")
    settings = ["--config", config] if config.is_file() else []
    if options.config and not settings:
        raise datasets.DataError(f"{config} is missing.")
    return [
        options.program, "evaluate", data.protocol, "--train", folder / "train.csv", "--test",
        folder / "test.csv", "--k", data.lengths, "--method", options.method, "--seed",
        str(options.seed), "--json", folder / "result.json", *settings, *data.options]


def run_fold(options, data, fold):
    """The result of one fold, as `foretwin evaluate` writes it."""
    with tempfile.TemporaryDirectory(prefix="foretwin-evaluate.") as folder:
        folder = pathlib.Path(folder)
        header, training, test = fold
        write(folder / "train.csv", header, training)
        write(folder / "test.csv", header, test)
        done = subprocess.run(
            command(options, data, folder), stdout=sys.stderr, stdin=subprocess.DEVNULL,
            check=False)
        if done.returncode != 0:
            raise datasets.DataError(f"foretwin ended with code {done.returncode}.")
        return json.loads((folder / "result.json").read_text("utf-8"))


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


def main(arguments):
    """Runs all folds and prints the table; returns the exit code."""
    options = parse(arguments)
    data = datasets.ALL[options.dataset]
    try:
        if not options.data.is_dir():
            raise datasets.DataError(f"There is no folder {options.data}.")
        if options.program is None:
            options.program = build()
        results = []
        for fold in data.folds(options.data, options.validation):
            results.append(run_fold(options, data, fold))
            if len(results) == options.folds:
                break
    except (datasets.DataError, OSError, ValueError, KeyError) as error:
        print(f"tools/evaluate: {error} See tools/evaluate --help.", file=sys.stderr)
        return 1
    ours = figures(data, results)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = {}
    for result in results:
        for stage, value in result["seconds"].items():
            seconds[stage] = round(seconds.get(stage, 0) + value, 1)
    part = "validation cut" if options.validation else "test"
    print(f"{data.title}, {part}: {sum(result['examples'] for result in results):,} examples, "
          f"seed {options.seed}\n")
    # What others published is of the test part alone.
    print(table(data, ours, f"**Foretwin, `{options.method}`**") if not options.validation else
          ", ".join(f"{heading} {value:.4g}" for (*_, heading, _), value
                    in zip(data.figures, ours)))
    spent = ", ".join(f"{stage} {value:.0f}" for stage, value in seconds.items() if value >= 1)
    print(f"\n{sum(seconds.values()):.0f} s ({spent}), {usage.ru_maxrss / 1024:.0f} MiB at most")
    if options.json:
        options.json.write_text(json.dumps({
            "dataset": data.name, "validation": options.validation, "method": options.method,
            "seed": options.seed, "seconds": seconds, "peak_mebibytes": usage.ru_maxrss // 1024,
            **{heading: value for (*_, heading, _), value in zip(data.figures, ours)},
        }, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
