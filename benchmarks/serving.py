"""Exports at published size: C library against Python, and what raw costs.

Takes some ten minutes and 8 GiB of memory. `C / Python` compares a request
through TensorFlow's C library, as a server runs it, with the same function
loaded into Python: the median over alternating rounds of the ratio of their
medians. `around` is the share of a request that is spent around the model,
on decoding, cutting, resizing and finding words for answers: the same
function with a model that answers zeros at once.
"""

import pathlib
import statistics
import tempfile
import time

import tensorflow as tf

from keras_perceiver import from_preset
from keras_perceiver import tasks
from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.export import export
from keras_perceiver.serving.runtime.saved_model import SavedModel

ROUNDS = 5
SECONDS_A_ROUND = 2.0
FEWEST_RUNS = 3


def main():
    """Prints a line for each of three published models, one row a request."""
    with quiet_start():
        tf.config.list_logical_devices()
    # That gradients are not in the export, which nobody asks for here.
    tf.get_logger().setLevel("ERROR")
    print("export                    request   C / Python   around")
    for preset, make, request in (
        ("language_bytes", tasks.FillMask, _text()),
        ("imagenet_fourier", tasks.ClassifyImage, {"image_bytes": [_photo()]}),
        ("optical_flow", tasks.EstimateFlow, _pair()),
    ):
        with tempfile.TemporaryDirectory() as folder:
            task = make(from_preset(preset))
            path = export(task, pathlib.Path(folder) / preset)
            print(_line(preset, task, path, request), flush=True)


def _text():
    text = (
        b"Perceivers read bytes and [MASK:5] them. " + b"So do others. " * 100
    )
    return {"text_bytes": [text]}


def _photo(height=480, width=640):
    pixels = tf.random.stateless_uniform((height // 8, width // 8, 3), (1, 2))
    pixels = tf.image.resize(255 * pixels, (height, width))
    return tf.io.encode_jpeg(tf.cast(pixels, tf.uint8)).numpy()


def _pair():
    return {
        f"{name}_image_bytes": [_photo(368, 496)]
        for name in ("first", "second")
    }


def _line(preset, task, path, request):
    model = SavedModel(path)
    loaded = tf.saved_model.load(str(path))
    in_python = loaded.signatures["serving_default"]
    tensors = {name: tf.constant(rows) for name, rows in request.items()}
    around = task.on(_Zeros(task.model))._compiled
    ratios, shares, seconds = [], [], []
    for _ in range(ROUNDS):
        served = _median(lambda: model.run("serving_default", request))
        same = _median(lambda: _computed(in_python(**tensors)))
        seconds.append(served)
        ratios.append(served / same)
        shares.append(_median(lambda: _computed(around(**tensors))) / served)
    model.close()
    return (
        f"{preset:<22} {1e3 * statistics.median(seconds):8.0f} ms "
        f"{statistics.median(ratios):12.3f} {statistics.median(shares):8.1%}"
    )


def _computed(answers):
    return {name: tensor.numpy() for name, tensor in answers.items()}


def _median(ask):
    ask()
    times = []
    began = time.perf_counter()
    while (
        len(times) < FEWEST_RUNS
        or time.perf_counter() - began < SECONDS_A_ROUND
    ):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


class _Zeros:
    """A model that costs nothing."""

    def __init__(self, model):
        self.input = model.input
        self.inputs = model.inputs
        self._output = model.output
        for name in ("encode", "decode"):
            if hasattr(model, name):
                setattr(self, name, _Zeros(getattr(model, name)))

    def _flatten_layers(self):
        return []

    def __call__(self, tensors):
        given = tf.nest.flatten(tensors)
        rows = tf.shape(given[0])[0]
        # Of what a decoder is asked for, such as positions.
        asked = tf.shape(given[-1])[-1]
        if isinstance(self._output, dict):
            return {
                name: _zeros(output.shape, rows, asked)
                for name, output in self._output.items()
            }
        return _zeros(self._output.shape, rows, asked)


def _zeros(shape, rows, asked):
    sizes = [asked if size is None else size for size in shape[1:]]
    return tf.zeros(tf.stack([rows, *sizes]))
