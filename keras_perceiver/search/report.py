"""What a search has found so far, for people: `report.md` and pictures."""

import dataclasses
import json
import pathlib

from keras_perceiver import files
from keras_perceiver.cost import cost
from keras_perceiver.quiet import quiet_start
from keras_perceiver.search import outcomes
from keras_perceiver.search import pareto
from keras_perceiver.search import preset_code
from keras_perceiver.search import report_sections as sections
from keras_perceiver.search import settings
from keras_perceiver.search import words
from keras_perceiver.search.hparams import write_hparams
from keras_perceiver.search.sensitivity import sensitivity_of
from keras_perceiver.search.trials import TrialLog
from keras_perceiver.visualization import search_pictures

REPORT_FILE = "report.md"
FRONT_FILE = "pareto.png"
SENSITIVITY_FILE = "sensitivity.png"
PRESET_FILE = "preset.py"


@dataclasses.dataclass(frozen=True)
class _Search:
    """What the report is of: the settings of a search and its records."""

    settings: dict
    records: list

    @property
    def objective(self):
        return self.settings["objective"]

    @property
    def maximize(self):
        return self.settings["maximize"]

    @property
    def template(self):
        return self.settings["template"]

    @property
    def best(self):
        return next(
            iter(outcomes.best_first(self.records, self.maximize)), None
        )


def write_report(folder, rejected=None):
    """Writes `report.md`, its pictures, `preset.py` and `tensorboard/`.

    It can be called at any time, also before the first trial has ended.

    Args:
        folder: the folder of a search.
        rejected: number of infeasible proposals by reason, if they are known.

    Returns:
        The path of `report.md`.

    Raises:
        FileNotFoundError: if the folder holds no search.
        ImportError: if the extra `search` is not installed.
    """
    folder = pathlib.Path(folder)
    path = folder / settings.FILE
    if not path.is_file():
        raise FileNotFoundError(
            f"{folder} holds no search: it has no {settings.FILE}. Name the "
            "folder of one, or begin it."
        )
    search = _Search(json.loads(path.read_text()), TrialLog(folder).read())
    told = sensitivity_of(search.records)
    files.write_bytes(folder / FRONT_FILE, _fronts_picture(search))
    files.write_bytes(folder / SENSITIVITY_FILE, _bars_picture(search, told))
    code = _code(search)
    if code:
        files.write_text(folder / PRESET_FILE, code)
    files.write_text(
        folder / REPORT_FILE, _text(search, told, code, rejected or {})
    )
    # The first of TensorFlow that the process of a report does.
    with quiet_start():
        write_hparams(folder, search.records)
    return folder / REPORT_FILE


def _text(search, told, code, rejected):
    """The whole report."""
    records, objective = search.records, search.objective
    counts = words.counts_in_words(outcomes.counts_of(records), rejected)
    wanted = "more" if search.maximize else "less"
    limits = ", ".join(search.settings["budget"]) or "none"
    parts = {
        f"Search of {search.template['name']}": (
            f"Objective: {objective}, {wanted} is better. "
            f"Budget: `{limits}`. Tuner: {search.settings['tuner']}.\n\n"
            f"Trials: {counts}."
        ),
        "Best trials": sections.best_trials(records, objective, search.maximize)
        + _shares(records),
        "Chosen": _chosen(search, code),
        "Quality against cost": f"![Pareto front]({FRONT_FILE})\n\n"
        + sections.fronts(records, objective, search.maximize),
        "What matters": f"![Sensitivity]({SENSITIVITY_FILE})\n\n"
        + sections.sensitivity(told, objective),
        "What was tried": sections.space_tried(
            records, search.settings["space"]
        ),
        "Pruned and failed": sections.not_completed(records),
    }
    (title, summary), *others = parts.items()
    return "\n\n".join(
        [
            f"# {title}",
            summary,
            *(f"## {heading}\n\n{text}" for heading, text in others),
            f"In short: {_legend()}.\n",
        ]
    )


def _shares(records):
    """A word on trials that are left out of all comparisons."""
    shorter = outcomes.counts_of(records)["shorter"]
    if not shorter:
        return ""
    return (
        f"\n\nTrials that were given a share of the steps: {shorter}. Their "
        "values compare with no other's, and they are left out here and below."
    )


def _legend():
    return ", ".join(
        f"{short} is {name}" for name, short in words.SHORT_NAMES.items()
    )


def _title(search):
    """The chosen trial in one line."""
    best = search.best
    params, flops, latency = sections.costs_in_words(best["cost"])
    return (
        f"Trial {best['trial']}: {search.objective} "
        f"{words.objective(best['value'])}, {params} parameters, {flops} "
        f"FLOPs, latency {latency}"
    )


def _code(search):
    """The chosen preset as code; None if there is none."""
    if search.best is None or search.template["preset"] is None:
        return None
    return preset_code.preset_code(
        search.template["preset"], search.best, _title(search)
    )


def _chosen(search, code):
    if search.best is None:
        return "None yet."
    if code is None:
        chosen = words.choices_in_short(search.best["choices"])
        return f"{_title(search)}: {chosen}."
    return f"In [{PRESET_FILE}]({PRESET_FILE}):\n\n```python\n{code}```"


def _reference(search):
    """Costs of the shape that the search began with, and its trial if any."""
    template = search.template
    trial = next(
        (
            record
            for record in outcomes.best_first(search.records, search.maximize)
            if all(
                template["arguments"].get(name) == chosen
                for name, chosen in record["choices"].items()
                if name != "learning_rate"
            )
        ),
        None,
    )
    if trial:
        return trial["cost"], trial
    if template["preset"] is None:
        return {}, None
    told = cost(
        template["preset"],
        **preset_code.differences(template["preset"], template["arguments"]),
    )
    return {"params": told.parameters, "flops": told.flops}, None


def _fronts_picture(search):
    trials = outcomes.full_trials(search.records)
    reference_cost, reference = _reference(search)
    names = pareto.measured_costs(search.records) or ["flops", "params"]
    panels = []
    for name in names:
        shown = [
            trial
            for trial in trials
            if outcomes.is_number(trial["cost"].get(name))
        ]
        front = pareto.front_of(shown, name, search.maximize)
        panels.append(
            search_pictures.CostPanel(
                label=pareto.COSTS[name],
                costs=[trial["cost"][name] for trial in shown],
                values=[trial["value"] for trial in shown],
                front=[shown.index(trial) for trial in front],
                reference_cost=reference_cost.get(name),
                reference=shown.index(reference)
                if reference in shown
                else None,
            )
        )
    return search_pictures.draw_fronts(panels, search.objective)


def _bars_picture(search, told):
    importances = [
        search_pictures.Bar(effect.choice, effect.importance, effect.spread)
        for effect in told.effects
    ]
    correlations = [
        search_pictures.Bar(
            effect.choice,
            effect.correlation,
            chance=min(effect.chance, 1),
            is_clear=effect.is_clear,
        )
        for effect in told.effects
    ]
    return search_pictures.draw_bars(
        [
            (f"importance ({search.objective})", importances),
            ("rank correlation", correlations),
        ]
    )
