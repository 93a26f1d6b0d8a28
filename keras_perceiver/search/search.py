"""The latent size, searched for: one call for any model and data."""

import contextlib
import dataclasses
import pathlib

import keras_tuner

from keras_perceiver.search import outcomes
from keras_perceiver.search import roles
from keras_perceiver.search import settings
from keras_perceiver.search import space as spaces
from keras_perceiver.search.budget import parse_budget
from keras_perceiver.search.feasibility import Feasibility
from keras_perceiver.search.latency import LatencyCache
from keras_perceiver.search.oracles import make_oracle
from keras_perceiver.search.report import write_report
from keras_perceiver.search.trials import TrialLog
from keras_perceiver.search.tuner import SearchTuner
from keras_perceiver.search.view import View
from keras_perceiver.search.within_budget import MOST_REJECTED


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search has found.

    Attributes:
        folder: of the search, with its report.
        records: of all trials, as `trials.jsonl` holds them.
        best: the record of the best trial that took all its steps; None if
            there is none.
    """

    folder: pathlib.Path
    records: list
    best: dict | None


def search(
    train,
    template,
    *,
    folder,
    space=None,
    learning_rate=None,
    budget="",
    tuner="bayesian",
    trials=None,
    minutes=None,
    seed=0,
    objective="held-out value",
    maximize=False,
    make_task=None,
    check=None,
    also=None,
):
    """Trains models of many shapes and finds the best within a budget.

    Killed at any moment, the same call goes on with the same trials.

    Args:
        train: from a `Trial` to its held-out value; or to None, for the best
            that it reported.
        template: the model, as `preset_template` or `own_template` give it.
        folder: for what comes out; see docs/search.md.
        space: a dictionary from names of arguments, and `learning_rate`, to
            tuples of values or `Between`. Defaults to choices around the
            template's own numbers.
        learning_rate: the one that suits the template, which choices are
            made around where `space` is not given.
        budget: limits that no trial misses, as `parse_budget` takes them.
        tuner: `random`, `hyperband` or `bayesian`, of KerasTuner.
        trials: how many at most.
        minutes: after which no trial is begun, over all calls. One of the
            two is needed.
        seed: of what is drawn.
        objective: what the value is, for people.
        maximize: whether more of it is better.
        make_task: from a model to its task, where latency is a limit.
        check: called with the arguments of a point; raises `ValueError` for
            what could be built but not trained.
        also: a dictionary of more settings that a search must go on with.

    Returns:
        A `Found`.

    Raises:
        ValueError: if a setting is wrong, no point of the space is within
            the budget, or a search with other settings began in the folder.
    """
    if not trials and not minutes:
        raise ValueError(
            "A search takes trials=..., minutes=... or both, or it would "
            "never end."
        )
    folder = pathlib.Path(folder).absolute()
    roles.check_folder(folder)
    space = space or spaces.space_around(template.arguments, learning_rate)
    spaces.check_space(space, template.arguments)
    limits = parse_budget(budget)
    feasible = Feasibility(
        template,
        limits,
        check,
        make_task and LatencyCache(folder, template.build, make_task),
    )
    _check_possible(space, feasible)
    oracle = make_oracle(
        tuner,
        space,
        feasible,
        reference=spaces.reference(space, template.arguments, learning_rate),
        seed=seed,
        trials=trials,
        seconds=minutes and 60 * minutes,
        maximize=maximize,
    )
    settings.keep(
        folder,
        {
            "objective": objective,
            "maximize": maximize,
            "tuner": tuner,
            "seed": seed,
            "budget": [str(limit) for limit in limits],
            "space": spaces.as_json(space),
            "template": {
                "name": template.name,
                "preset": template.preset,
                "arguments": template.arguments,
            },
            "also": also or {},
        },
    )
    # A supervisor shows what its children do, and reports of it.
    view = None if roles.is_child() else View(folder, trials, minutes)
    _run(oracle, train, feasible, folder, maximize, view)
    if view:
        write_report(folder, feasible.rejected)
    return found_in(folder, maximize)


def _check_possible(space, feasible):
    """Raises `ValueError` unless a point within the budget can be drawn."""
    for attempt in range(MOST_REJECTED):
        point = spaces.draw(space, f"possible/{attempt}")
        if feasible.by_arithmetic(point) is not None:
            feasible.rejected.clear()
            return
    reasons = ", ".join(
        f"{reason} ({count:,})"
        for reason, count in feasible.rejected.most_common()
    )
    raise ValueError(
        f"No point of {MOST_REJECTED:,} that were drawn is within the budget. "
        f"They were turned away by: {reasons}. Allow more, or give a space "
        "with smaller values."
    )


def _run(oracle, train, feasible, folder, maximize, view):
    """Takes the trials, shown in a view if there is one."""
    search_tuner = SearchTuner(
        oracle,
        train,
        feasible,
        folder,
        on_change=view.update if view else lambda: None,
        maximize=maximize,
    )
    with view or contextlib.nullcontext():
        try:
            search_tuner.search()
        except keras_tuner.errors.FatalError as error:
            raise RuntimeError(str(error)) from None


def found_in(folder, maximize=False):
    """Returns the `Found` of a search that ended, or still runs."""
    records = TrialLog(folder).read()
    best = outcomes.best_first(records, maximize)
    return Found(pathlib.Path(folder), records, best[0] if best else None)
