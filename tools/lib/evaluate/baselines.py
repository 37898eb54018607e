"""Simple methods that every model has to beat, computed on the same files as the model.

A method that has settings is given those that are best on the validation cut of the fold, by the
product of the figures of the table. What is chosen never depends on the test part: `choose` is
given the validation fold and nothing else.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Baseline:
    """A method: how it ranks, and the settings to choose from."""

    title: str
    # rank(known, setting, asked, length) yields a list of items for each example that is asked.
    rank: Callable
    # What the parts of a setting are called, and the settings to choose from.
    names: tuple = ()
    settings: tuple = ((),)


@dataclass(frozen=True)
class Task:
    """What a fold asks: how its rows are read and its lists are measured."""

    # known(header, training rows): what the methods may know.
    known: Callable
    # asked(header, test rows): the examples and, in the same order, what came.
    asked: Callable
    # measure(lists, targets): the figures, as `foretwin evaluate --json` writes them.
    measure: Callable
    length: int
    # The figures of the table.
    keys: tuple
    baselines: tuple


def results(task, validation, test):
    """The result of each method on the test rows of a fold, with the setting that was chosen."""
    chosen = choose(task, validation)
    header, training, rows = test
    known, (examples, targets) = task.known(header, training), task.asked(header, rows)
    found = {}
    for baseline in task.baselines:
        setting = chosen[baseline.title]
        lists = baseline.rank(known, setting, examples, task.length)
        found[baseline.title] = {
            "setting": dict(zip(baseline.names, setting, strict=True)),
            **task.measure(lists, targets)}
    return found


def choose(task, fold):
    """The best setting of each method on a validation fold; the first of equally good ones."""
    header, training, rows = fold
    known = examples = targets = None
    chosen = {}
    for baseline in task.baselines:
        chosen[baseline.title] = baseline.settings[0]
        if len(baseline.settings) == 1:
            continue
        if known is None:
            known, (examples, targets) = task.known(header, training), task.asked(header, rows)
        best = -1.0
        for setting in baseline.settings:
            lists = baseline.rank(known, setting, examples, task.length)
            found = task.measure(lists, targets)
            value = math.prod(found[key][str(task.length)] for key in task.keys)
            if value > best:
                best, chosen[baseline.title] = value, setting
    return chosen
