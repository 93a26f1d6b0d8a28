"""What bfloat16 costs the answers of each published model.

Random weights at the published size, the same ones in three precisions, so
that it says what rounding does. Weights that were trained leave more room
between the first and the second class than random ones do: with
`--from FOLDER`, a folder of `save_pretrained`, a trained model is measured.
"""

import argparse
import math
import pathlib

import keras
import numpy as np
import tensorflow as tf

from keras_perceiver import files
from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.convert import load_pretrained
from keras_perceiver.serving.precision import weight_bytes

PRESETS = (
    "language_bytes",
    "bert_bytes",
    "imagenet_fourier",
    "imagenet_learned",
    "imagenet_conv",
    "imagenet_perceiver",
    "modelnet40_perceiver",
    "audioset_raw",
    "starcraft_entities",
    "optical_flow",
    "kinetics_autoencoder",
)
POLICIES = ("mixed_bfloat16", "bfloat16")
# Of a clip; all of them would take a quarter of an hour.
NUM_INDICES = 512
FOLDER = pathlib.Path("runs/benchmarks")


def main(arguments=()):
    """Prints a row of a table for each model and precision."""
    options = _options(arguments)
    options.to.mkdir(parents=True, exist_ok=True)
    rows = []
    print("| model | policy | bytes of weights | output | change | measure |")
    print("| --- | --- | ---: | --- | ---: | --- |")
    for source in options.folders or options.presets:
        for row in measured(source, options.folders, options.examples):
            rows.append(row)
            print(_line(row), flush=True)
            files.write_json(options.to / "bfloat16.json", rows)


def measured(source, is_folder, examples):
    """Rows of one model, for both policies and every output.

    Args:
        source: the name of a preset, or a folder of `save_pretrained`.
        is_folder: which of them it is.
        examples: how many inputs are drawn.

    Yields:
        Dictionaries of `model`, `policy`, `bytes`, `output`, `change`, the
        largest difference over the largest number, `measure` and `value`.
    """
    exact = load_pretrained(source) if is_folder else from_preset(source)
    preset = exact.preset_name
    if not is_folder:
        randomize(exact)
    arguments = {**presets()[preset].arguments, **exact.preset_overrides}
    inputs = drawn(exact, arguments, examples)
    expected = answers(exact, inputs)
    for policy in POLICIES:
        overrides = {**exact.preset_overrides, "dtype": policy}
        rounded = from_preset(preset, **overrides)
        rounded.set_weights(exact.get_weights())
        for name, answer in answers(rounded, inputs).items():
            measure, value = difference(name, answer, expected[name])
            yield {
                "model": str(source),
                "policy": policy,
                "bytes": weight_bytes(rounded),
                "output": name,
                "change": _relative(answer, expected[name]),
                "measure": measure,
                "value": value,
            }


def randomize(model):
    """Gives outputs that are zero until trained something to say."""
    keras.utils.set_random_seed(0)
    for layer in model._flatten_layers(include_self=False):
        kernel = getattr(layer, "kernel", None)
        if kernel is not None and not np.any(kernel.numpy()):
            fan_in = math.prod(kernel.shape[:-1])
            noise = keras.random.normal(kernel.shape, stddev=fan_in**-0.5)
            kernel.assign(noise)


def drawn(model, arguments, examples):
    """Inputs by name, random but for their range.

    Args:
        model: a model of a preset.
        arguments: all arguments of its builder.
        examples: how many.
    """
    rng = np.random.default_rng(0)
    return {
        tensor.name: _input(tensor, arguments, rng, examples)
        for tensor in model.inputs
    }


def _input(tensor, arguments, rng, examples):
    shape = (examples, *tensor.shape[1:])
    if tensor.name == "label":
        return np.full(shape, np.nan, "float32")
    if tensor.name.endswith("_indices"):
        return _indices(tensor.name, arguments, rng)
    if tensor.dtype == "bool":
        return np.ones(shape, bool)
    if tensor.dtype.startswith("int"):
        return rng.integers(arguments["vocabulary_size"], size=shape)
    return np.clip(rng.normal(size=shape), -1, 1).astype("float32")


def _indices(name, arguments, rng):
    if name == "video_indices":
        count = math.prod(arguments["video_shape"][:-1])
    else:
        samples = arguments["num_audio_samples"]
        count = samples // arguments["samples_per_patch"]
    chosen = rng.choice(count, min(count, NUM_INDICES), replace=False)
    return chosen[None].astype("int32")


def answers(model, inputs):
    """Arrays by name of output, float32."""
    call = tf.function(model, jit_compile=False, autograph=False)
    tensors = keras.tree.map_structure(tf.constant, inputs)
    outputs = call(
        tensors if len(tensors) > 1 else next(iter(tensors.values()))
    )
    if not isinstance(outputs, dict):
        name = "flow" if "flow" in model.name else "logits"
        outputs = {name: outputs}
    return {
        name: tf.cast(tensor, tf.float32).numpy()
        for name, tensor in outputs.items()
    }


def difference(name, actual, expected):
    """What is lost, as each kind of output is judged.

    Args:
        name: of the output.
        actual: the array in bfloat16.
        expected: the same in float32.

    Returns:
        The name of the measure, and its value.
    """
    if name == "flow":
        away = np.linalg.norm(actual - expected, axis=-1).mean()
        length = np.linalg.norm(expected, axis=-1).mean()
        return "end-point difference over mean length", float(away / length)
    if name in ("video", "audio"):
        return "PSNR, dB", psnr(actual, expected)
    if name in ("logits", "label"):
        same = actual.argmax(-1) == expected.argmax(-1)
        return "same first choice", float(same.mean())
    error = np.linalg.norm(actual - expected) / np.linalg.norm(expected)
    return "distance over length", float(error)


def psnr(actual, expected):
    """Peak signal to noise: the range of what is expected is the peak."""
    noise = np.mean(np.square(actual - expected))
    if noise == 0:
        return math.inf
    return float(20 * np.log10(np.ptp(expected)) - 10 * np.log10(noise))


def _relative(actual, expected):
    # What cannot be chosen has a logit like -1e30, which is no signal.
    counts = np.abs(expected) < 1e20
    return float(
        np.abs(actual - expected)[counts].max() / np.abs(expected[counts]).max()
    )


def _line(row):
    return (
        f"| {row['model']} | {row['policy']} | {row['bytes']:,} "
        f"| {row['output']} | {row['change']:.2%} "
        f"| {row['measure']}: {row['value']:.4g} |"
    )


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks bfloat16",
        description=__doc__.splitlines()[0],
    )
    parser.add_argument(
        "--presets",
        nargs="+",
        choices=tuple(presets()),
        default=list(PRESETS),
        metavar="PRESET",
        help="published models; default: one of each kind",
    )
    parser.add_argument(
        "--from",
        dest="folders",
        nargs="+",
        default=[],
        metavar="FOLDER",
        help="trained models instead, as save_pretrained wrote them",
    )
    parser.add_argument(
        "--examples", type=int, default=1, help="inputs to draw; default: 1"
    )
    parser.add_argument(
        "--to",
        type=pathlib.Path,
        default=FOLDER,
        metavar="FOLDER",
        help="folder of bfloat16.json; default: %(default)s",
    )
    return parser.parse_args(list(arguments))
