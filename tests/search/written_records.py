"""Records and settings of searches that nobody ran."""

import json

from keras_perceiver.search.trials import TrialLog

CHOICES = {"num_latents": 32, "latent_dim": 96, "learning_rate": 0.002}
SPACE = {
    "num_latents": [16, 32, 64],
    "latent_dim": [96, 128],
    "learning_rate": {"low": 0.0001, "high": 0.01},
}


def record(trial, value, *, state="completed", reason=None, **changes):
    """A line of `trials.jsonl`; costs are given by their names."""
    choices = {**CHOICES, **changes.pop("choices", {})}
    cost = {"params": 1000, "flops": 20_000, "memory": 9000, "latency_ms": None}
    costs = {name: changes.pop(name) for name in cost if name in changes}
    return {
        "trial": trial,
        "state": state,
        "reason": reason,
        "choices": choices,
        "arguments": {
            name: chosen
            for name, chosen in choices.items()
            if name != "learning_rate"
        },
        "learning_rate": choices["learning_rate"],
        "share": 1.0,
        "cost": {**cost, **costs},
        "curve": [],
        "value": value,
        "seconds": 31.2,
        "worker": "alone",
        "deaths": [],
        "began": 0.0,
        **changes,
    }


def write_search(folder, records, **changes):
    """Writes the files of a search that the report reads."""
    settings = {
        "objective": "heldout_nats",
        "maximize": False,
        "tuner": "random",
        "seed": 0,
        "budget": ["flops<0.5x"],
        "space": SPACE,
        "template": {
            "name": "language_bytes",
            "preset": "language_bytes",
            "arguments": {"num_latents": 64, "latent_dim": 128},
        },
        "also": {},
        **changes,
    }
    (folder / "search.json").write_text(json.dumps(settings))
    for one in records:
        TrialLog(folder).write(one)
