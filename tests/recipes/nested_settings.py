"""A configuration with a group of settings inside a group."""

import dataclasses

from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True)
class Crop:
    size: tuple[int, int] = setting((368, 496), help="height and width")
    scales: tuple[float, ...] | None = setting(None, help="of the picture")


@dataclasses.dataclass(frozen=True)
class Data:
    source: str = setting("embedded", help="a file, or embedded")
    crop: Crop = Crop()


@dataclasses.dataclass(frozen=True)
class Configuration:
    model: ModelSettings
    data: Data
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings(
        "language_bytes", {"num_latents": 32, "qk_channels": None}
    ),
    data=Data(),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=10),
    training=TrainingSettings(steps=100, batch_size=4, evaluate_every=50),
)

FLAT = {
    "model.preset": "language_bytes",
    "model.num-latents": 32,
    "model.qk-channels": None,
    "data.source": "embedded",
    "data.crop.size": (368, 496),
    "data.crop.scales": None,
    "optimizer.learning-rate": 1e-3,
    "optimizer.weight-decay": 0.01,
    "optimizer.warmup-steps": 10,
    "optimizer.flat-steps": 0,
    "optimizer.drop-steps": None,
    "optimizer.gradient-clip": None,
    "training.steps": 100,
    "training.batch-size": 4,
    "training.evaluate-every": 50,
    "training.evaluation-examples": None,
    "training.checkpoint-every": None,
    "training.keep-checkpoints": 2,
    "training.seed": 0,
    "training.precision": "float32",
    "training.strategy": "none",
    "training.accumulate": 1,
    "training.jit-compile": False,
    "training.deterministic": False,
    "training.lora-rank": None,
    "training.adversarial-strength": None,
}


def with_model(*arguments):
    return dataclasses.replace(TINY, model=ModelSettings(*arguments))
