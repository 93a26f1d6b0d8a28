"""A configuration to assign to: all of its settings are values."""

import dataclasses

from recipes.settings import ModelSettings
from recipes.settings import OptimizerSettings
from recipes.settings import TrainingSettings
from recipes.settings import setting


@dataclasses.dataclass(frozen=True)
class Data:
    source: str = setting("embedded", help="a file, or embedded")
    crop: tuple[int, int] | None = setting(None, help="height and width")
    note: str | None = setting(None, help="kept with the run")


@dataclasses.dataclass(frozen=True)
class Configuration:
    model: ModelSettings
    data: Data
    optimizer: OptimizerSettings
    training: TrainingSettings


TINY = Configuration(
    model=ModelSettings("language_bytes", {"num_latents": 32}),
    data=Data(),
    optimizer=OptimizerSettings(learning_rate=1e-3, warmup_steps=10),
    training=TrainingSettings(steps=100, batch_size=4, evaluate_every=50),
)
