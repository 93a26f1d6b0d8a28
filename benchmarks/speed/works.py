"""What both sides are asked to do."""

import dataclasses
import functools

import numpy as np

from keras_perceiver import presets

# The modules of both sides bring TensorFlow and PyTorch, and are imported
# where a work is begun: whoever asks for help waits for neither.

# Into which transformers' documentation divides the outputs of a clip, and
# as many pixels as `AutoencodeClip` decodes at a time.
THEIR_CHUNKS = 128
PIXELS_AT_ONCE = 8192


@dataclasses.dataclass(frozen=True)
class Work:
    """A model, and what is asked of it.

    Attributes:
        name: what options call it.
        preset: the name of our preset.
        family: the name of its class in `tests.parity.families`.
        what: what is computed, in words.
        batches: batch sizes by `"forward"` and `"train"`; a pass that is
            left out is not taken.
        wanted: their seconds over ours that a forward pass is to have, by
            dtype, and a training step as `"train"`.
        overrides: numbers that differ from the published ones.
    """

    name: str
    preset: str
    family: str
    what: str
    batches: dict
    wanted: dict
    overrides: dict = dataclasses.field(default_factory=dict)

    @functools.cached_property
    def settings(self):
        """Every argument of our builder."""
        return {**presets()[self.preset].arguments, **self.overrides}

    def draw(self, batch):
        """Inputs of our model by name, the same ones whenever asked."""
        from tests.parity import families

        family = getattr(families, self.family)
        rng = np.random.default_rng(0)
        inputs = family.draw(self.settings, rng, batch)
        if "padding_mask" in inputs:
            # Texts that fill every position.
            inputs["padding_mask"] = np.ones_like(inputs["token_ids"], bool)
        return inputs

    @property
    def is_clip(self):
        """Whether outputs are chosen by index, a chunk at a time."""
        return "video_shape" in self.settings

    @property
    def targets(self):
        """Classes for a loss: what each row of logits chooses from."""
        return self.settings.get("num_classes") or self.settings.get(
            "vocabulary_size"
        )

    def smaller(self, **overrides):
        """The same with some numbers changed."""
        return dataclasses.replace(
            self, overrides={**self.overrides, **overrides}
        )


_IMAGES = {"forward": (1, 8), "train": (1,)}
_ONE = {"forward": (1,)}

WORKS = {
    work.name: work
    for work in (
        Work(
            "language",
            "language_bytes",
            "Language",
            "2,048 bytes, logits of every position",
            {"forward": (1, 8), "train": (1,)},
            {"float32": 1.35, "bfloat16": 1.2, "train": 1.3},
        ),
        Work(
            "imagenet_fourier",
            "imagenet_fourier",
            "FourierImages",
            "an image of 224x224, logits of 1,000 classes",
            _IMAGES,
            {"float32": 1.25, "bfloat16": 1.4, "train": 1.3},
        ),
        Work(
            "imagenet_learned",
            "imagenet_learned",
            "LearnedImages",
            "an image of 224x224, logits of 1,000 classes",
            _IMAGES,
            {},
        ),
        Work(
            "imagenet_conv",
            "imagenet_conv",
            "ConvImages",
            "an image of 224x224, logits of 1,000 classes",
            _IMAGES,
            {},
        ),
        Work(
            "optical_flow",
            "optical_flow",
            "OpticalFlow",
            "a pair of frames of 368x496, the flow of every pixel",
            _ONE,
            {"float32": 2.3, "bfloat16": 4.0},
        ),
        Work(
            "kinetics",
            "kinetics_autoencoder",
            "Autoencoder",
            "a clip of 16 frames of 224x224 and 30,720 samples, all of it "
            "decoded",
            _ONE,
            {"float32": 7.0, "bfloat16": 10.0},
        ),
    )
}
DEFAULT_WORKS = ("language", "imagenet_fourier", "optical_flow", "kinetics")
