"""Searches in which nothing is trained."""

from keras_perceiver.search import own_template
from keras_perceiver.search import search

SPACE = {
    "num_latents": (4, 8, 16, 32),
    "latent_dim": (8, 16, 24, 32),
    "learning_rate": (1e-3, 3e-3, 1e-2),
}


def no_model(**arguments):
    raise AssertionError(f"built {arguments}")


def measure(num_latents, latent_dim):
    if latent_dim == 24:
        raise ValueError("no head divides it")
    params = num_latents * latent_dim
    return {"params": params, "flops": 10 * params, "memory": 4 * params}


TEMPLATE = own_template(
    no_model, {"num_latents": 16, "latent_dim": 16}, measure
)


def value_of(trial):
    """Best at 16 latents, 32 wide, rate 3e-3."""
    off = abs(trial.arguments["num_latents"] - 16)
    return (
        off
        + 32
        - trial.arguments["latent_dim"]
        + abs(trial.learning_rate - 3e-3)
    )


def run(folder, train=value_of, **options):
    options = {"space": SPACE, "trials": 8, "tuner": "random", **options}
    return search(train, TEMPLATE, folder=folder, **options)
