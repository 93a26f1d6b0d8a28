"""What each family of models takes and gives, here and in torch.

Inputs are those of our models, by name, and so are outputs. The number of
examples is free; all else comes from our settings.
"""

import numpy as np
import torch
from torch.nn import functional

from tests.parity import huggingface_models


class Language:
    """Texts of different lengths."""

    preset = "language_bytes"
    theirs = staticmethod(huggingface_models.language)

    @staticmethod
    def draw(settings, rng, batch):
        length = settings["max_length"]
        lengths = np.array([2 * length // 3, length, 1])[:batch, None]
        token_ids = rng.integers(
            settings["vocabulary_size"], size=(batch, length)
        )
        return {
            "token_ids": token_ids.astype("int32"),
            "padding_mask": np.arange(length) < lengths,
        }

    @staticmethod
    def to_theirs(inputs):
        return {
            "inputs": torch.tensor(inputs["token_ids"]).long(),
            "attention_mask": torch.tensor(inputs["padding_mask"]).float(),
        }

    @staticmethod
    def their_outputs(output, inputs):
        return {"logits": output.logits}

    @staticmethod
    def our_outputs(output):
        return {"logits": output}

    @staticmethod
    def compared(name, array, inputs):
        """Logits of positions that are not padded.

        Hugging Face's decoder drops the mask of its queries, so that padded
        positions read the latents there. Here and in the reference they read
        nothing.
        """
        return array[inputs["padding_mask"]] if name == "logits" else array


class Images:
    """Normalised images, which are not square."""

    @staticmethod
    def draw(settings, rng, batch):
        return {"images": _normal(rng, batch, *settings["image_shape"])}

    @staticmethod
    def to_theirs(inputs):
        images = torch.tensor(inputs["images"]).permute(0, 3, 1, 2)
        return {"inputs": images}

    @staticmethod
    def their_outputs(output, inputs):
        return {"logits": output.logits}

    @staticmethod
    def our_outputs(output):
        return {"logits": output}

    @staticmethod
    def compared(name, array, inputs):
        return array


class FourierImages(Images):
    preset = "imagenet_fourier"
    theirs = staticmethod(huggingface_models.fourier_images)


class LearnedImages(Images):
    preset = "imagenet_learned"
    theirs = staticmethod(huggingface_models.learned_images)


class ConvImages(Images):
    preset = "imagenet_conv"
    theirs = staticmethod(huggingface_models.conv_images)


class OpticalFlow:
    """Pairs of frames, which Hugging Face takes as patches."""

    preset = "optical_flow"
    theirs = staticmethod(huggingface_models.optical_flow)

    @staticmethod
    def draw(settings, rng, batch):
        shape = (batch, 2, *settings["image_shape"])
        return {"frames": rng.uniform(-1, 1, shape).astype("float32")}

    @staticmethod
    def to_theirs(inputs):
        """Patches of 3x3 pixels `(B, 2, 27, H, W)`, colours fastest."""
        frames = torch.tensor(inputs["frames"]).permute(0, 1, 4, 2, 3)
        *_, height, width = frames.shape
        padded = functional.pad(frames, (1, 1, 1, 1))
        rows = [
            padded[..., y : y + height, x : x + width]
            for y in range(3)
            for x in range(3)
        ]
        return {"inputs": torch.cat(rows, dim=2)}

    @staticmethod
    def their_outputs(output, inputs):
        return {"flow": output.logits}

    @staticmethod
    def our_outputs(output):
        return {"flow": output}

    @staticmethod
    def compared(name, array, inputs):
        return array


class Autoencoder:
    """Clips without their label, and some of their pixels and samples."""

    preset = "kinetics_autoencoder"
    theirs = staticmethod(huggingface_models.autoencoder)

    @staticmethod
    def draw(settings, rng, batch):
        samples = settings["num_audio_samples"]
        num_patches = samples // settings["samples_per_patch"]
        num_pixels = int(np.prod(settings["video_shape"][:-1]))
        video = rng.uniform(0, 1, (batch, *settings["video_shape"]))
        audio = rng.uniform(-1, 1, (batch, samples))
        return {
            "video": video.astype("float32"),
            "audio": audio.astype("float32"),
            # Not given: Hugging Face's model always masks it.
            "label": np.full((batch, settings["num_classes"]), np.nan, "f"),
            "video_indices": _some(rng, num_pixels, batch),
            "audio_indices": _some(rng, num_patches, batch),
        }

    @staticmethod
    def to_theirs(inputs):
        return {
            "inputs": {
                "image": torch.tensor(inputs["video"]).permute(0, 1, 4, 2, 3),
                "audio": torch.tensor(inputs["audio"])[..., None],
                "label": torch.zeros(inputs["label"].shape),
            },
            "subsampled_output_points": {
                "image": torch.tensor(inputs["video_indices"][0]).long(),
                "audio": torch.tensor(inputs["audio_indices"][0]).long(),
                "label": None,
            },
        }

    @staticmethod
    def their_outputs(output, inputs):
        batch, num_patches = inputs["audio_indices"].shape
        return {
            "video": output.logits["image"],
            "audio": output.logits["audio"].reshape(batch, num_patches, -1),
            "label": output.logits["label"],
        }

    @staticmethod
    def our_outputs(output):
        return dict(output)

    @staticmethod
    def compared(name, array, inputs):
        return array


def _normal(rng, *shape):
    return rng.normal(size=shape).astype("float32")


def _some(rng, number, batch):
    """A third of all indices, 2,000 at most, the same for all examples."""
    chosen = rng.choice(number, min(number // 3, 2000), replace=False)
    return np.tile(chosen.astype("int32"), (batch, 1))
