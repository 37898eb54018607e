"""The table of a run: simple methods, what others published, and ours."""


def figures(data, results):
    """The means over results, in the order of the table's columns."""
    return [
        factor * sum(result[key][length] for result in results) / len(results)
        for key, length, _, factor in data.figures]


def headings(data):
    """The headings of the columns."""
    return [heading for _, _, heading, _ in data.figures]


def spread(data, by_seed):
    """The mean of each figure over the seeds, the lowest and the highest."""
    columns = list(zip(*(figures(data, results) for results in by_seed.values())))
    return [(sum(column) / len(column), min(column), max(column)) for column in columns]


def table(data, simple, ours, name):
    """The rows as Markdown; `simple` holds the results of each simple method, by its title, and
    `ours` is what `spread` returns, or nothing."""
    lines = ["| | | " + " | ".join(headings(data)) + " |", "|---|---|" + "---|" * len(data.figures)]
    for title, results in simple.items():
        lines.append(_row(title, "recomputed", _cells(data, figures(data, results))))
    for quote in data.quotes:
        lines.append(_row(quote.title, f"quoted: {quote.source}", _cells(data, quote.values)))
    if ours:
        means, lowest, highest = (_cells(data, values) for values in zip(*ours))
        cells = [mean if low == high == mean else f"{mean} ({low} to {high})"
                 for mean, low, high in zip(means, lowest, highest)]
        lines.append(_row(f"**Foretwin, `{name}`**", "ours", cells))
    return "\n".join(lines)


def _cells(data, values):
    return ["–" if value is None else f"{value:.{1 if factor == 100 else 3}f}"
            for value, (*_, factor) in zip(values, data.figures, strict=True)]


def _row(title, source, cells):
    return f"| {title} | {source} | " + " | ".join(cells) + " |"


def choices(baselines, simple):
    """The settings that were chosen, one line for each method that has a choice; several folds may
    have several."""
    lines = []
    for baseline in baselines:
        if len(baseline.settings) > 1:
            texts = dict.fromkeys(
                ", ".join(f"{name} {value}" for name, value in result["setting"].items())
                for result in simple[baseline.title])
            lines.append(f"{baseline.title}: {'; '.join(texts)}")
    return lines
