"""The sections of a search's report, as Markdown."""

import math

from keras_perceiver import errors
from keras_perceiver.search import outcomes
from keras_perceiver.search import pareto
from keras_perceiver.search import words
from keras_perceiver.search.sensitivity import FEWEST_FOR_FOREST

_NUM_BEST = 10
_COST_COLUMNS = ("params", "FLOPs", "latency")


def table(columns, rows):
    """Returns a Markdown table; what is in its cells stays in them."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines
    )


def best_trials(records, objective, maximize):
    """The best of the trials that may be compared."""
    trials = outcomes.best_first(records, maximize)[:_NUM_BEST]
    if not trials:
        return (
            "No trial has completed all its steps yet, so that none can be "
            "called the best."
        )
    return table(
        ("trial", objective, *_COST_COLUMNS, "choices", "seconds"),
        [
            (
                trial["trial"],
                words.objective(trial["value"]),
                *costs_in_words(trial["cost"]),
                words.choices_in_short(trial["choices"]),
                words.in_short(trial["seconds"]),
            )
            for trial in trials
        ],
    )


def costs_in_words(cost):
    """Parameters, FLOPs and latency of a trial."""
    return (
        words.in_short(cost.get("params")),
        words.in_short(cost.get("flops")),
        words.milliseconds(cost.get("latency_ms")),
    )


def fronts(records, objective, maximize):
    """Every trial that is on a front, and on which."""
    on = {}
    for name in pareto.measured_costs(records):
        for trial in pareto.front_of(records, name, maximize):
            on.setdefault(trial["trial"], (trial, []))[1].append(
                pareto.COSTS[name]
            )
    if not on:
        return "No trial can be compared yet."
    trials = sorted(
        on.values(), key=lambda item: item[0]["value"], reverse=maximize
    )
    return table(
        ("trial", objective, *_COST_COLUMNS, "no trial is better at its"),
        [
            (
                trial["trial"],
                words.objective(trial["value"]),
                *costs_in_words(trial["cost"]),
                ", ".join(names),
            )
            for trial, names in trials
        ],
    )


def sensitivity(told, objective):
    """The table of `Sensitivity`, and what it cannot tell."""
    if told.trials < 2:
        return (
            f"{told.trials} trials have completed all their steps: nothing "
            "can be told of what matters."
        )
    rows = [
        (
            effect.choice,
            str(effect.values),
            words.NOTHING
            if effect.importance is None
            else f"{effect.importance:.3g} ± {effect.spread:.2g}",
            words.NOTHING
            if effect.correlation is None
            else f"{effect.correlation:+.2f}",
            _in_words(effect, objective),
        )
        for effect in told.effects
    ]
    columns = (
        "choice",
        "values tried",
        f"importance ({objective})",
        "rank correlation",
        "in words",
    )
    return f"{table(columns, rows)}\n\n{_caution(told)}"


def _in_words(effect, objective):
    if effect.values < 2:
        return "one value alone was tried"
    if effect.correlation is None:
        return "cannot be told"
    if not effect.is_clear:
        return "cannot be told from chance"
    direction = "higher" if effect.correlation > 0 else "lower"
    return f"the larger, the {direction} the {objective}"


def _caution(told):
    """What so few trials cannot tell."""
    lines = [
        f"Of {told.trials} trials. Importance is by how much a random "
        "forest's mean error grows when the trials' values of one choice are "
        "shuffled; rank correlation is Spearman's, over the values that are "
        "numbers."
    ]
    if told.trials < FEWEST_FOR_FOREST:
        lines.append(
            f"With fewer than {FEWEST_FOR_FOREST} trials there is no forest: "
            "it would know them by heart."
        )
    elif told.foretold is None:
        lines.append("All values or all choices are equal: there is no forest.")
    elif told.foretold <= 0:
        lines.append(
            "The forest foretells nothing of trials that it has not seen, so "
            "its importances say nothing yet."
        )
    else:
        lines.append(
            f"The forest tells {told.foretold:.0%} of the variance of trials "
            "that a tree has not seen."
        )
    if told.trials <= 5:
        lines.append(
            "With at most five trials, no rank correlation can be told from "
            "chance."
        )
    else:
        lines.append(
            "One choice in twenty looks clear by chance alone, and "
            f"{len(told.effects)} are listed; what a tuner changed together "
            "cannot be told apart; and a choice that is best in the middle of "
            "its range has an importance and no rank correlation."
        )
    return " ".join(lines)


def space_tried(records, space):
    """How much of the space was tried.

    Args:
        records: lines of `trials.jsonl`.
        space: of `search.json`: lists of values, or `low` and `high`.
    """
    listed = {
        name: values for name, values in space.items() if type(values) is list
    }
    size = math.prod(map(len, listed.values()))
    tried = {
        tuple(str(record["choices"].get(name)) for name in listed)
        for record in records
    }
    rows = [
        (name, _tried_values(name, values, records))
        for name, values in space.items()
    ]
    rates = "" if len(listed) == len(space) else ", rates not counted"
    return (
        f"{len(tried):,} of {size:,} combinations{rates}.\n\n"
        f"{table(('choice', 'tried (in how many trials)'), rows)}"
    )


def _tried_values(name, values, records):
    chosen = [record["choices"].get(name) for record in records]
    if type(values) is list:
        return ", ".join(
            f"{words.choice_in_short(value)} ({chosen.count(value)})"
            for value in values
        )
    told = sorted(filter(outcomes.is_number, chosen))
    between = f"of {values['low']:.3g} to {values['high']:.3g}"
    if not told:
        return f"none {between}"
    return f"{told[0]:.3g} to {told[-1]:.3g} {between} ({len(told)})"


def not_completed(records):
    """The trials that were pruned or failed, with reasons."""
    rows = [
        (
            record["trial"],
            record["state"],
            record["reason"] or "no reason given",
            words.choices_in_short(record["choices"]),
        )
        for record in records
        if record["state"] in ("pruned", "failed")
    ]
    if not rows:
        return "None."
    return table(("trial", "state", "reason", "choices"), rows)


def _cell(text):
    text = errors.printable(str(text))
    for letter in "\\|<`*":
        text = text.replace(letter, f"\\{letter}")
    return text
