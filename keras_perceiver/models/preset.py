"""What is known of a published model."""

import dataclasses
import inspect
from collections.abc import Callable

from keras_perceiver.models.encode_decode import encode


@dataclasses.dataclass(frozen=True)
class Preset:
    """One published model.

    Attributes:
        builder: the function that builds it. What it takes as `**encoder`
            goes to `encode`.
        settings: the numbers that it was published with.
        parameters: trainable parameters with these settings, counted.
        source: where it was published, and which reading was taken where
            the paper contradicts itself.
        published_parameters: as printed, such as `"48.4M"`, or `""`.
        published_flops: as printed, such as `"407B"`, or `""`. A multiply
            and an add count as two.
    """

    builder: Callable
    settings: dict
    parameters: int
    source: str
    published_parameters: str = ""
    published_flops: str = ""

    @property
    def defaults(self):
        """Every argument that has a default, with it."""
        forwards = any(
            parameter.kind is parameter.VAR_KEYWORD
            for parameter in inspect.signature(self.builder).parameters.values()
        )
        return {
            **(encode.__kwdefaults__ if forwards else {}),
            **(self.builder.__kwdefaults__ or {}),
        }

    @property
    def arguments(self):
        """Every argument that can be overridden, with its published value."""
        return {**self.defaults, **self.settings}
