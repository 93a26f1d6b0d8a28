"""Clips a second on one core at published size, and what one GPU would take.

A clip has 16 frames of 224x224 and 30,720 samples, and 512 of its pixels and
512 of its patches of sound are chosen, by the recipe itself. It is cut from a
record that is read whole: shorter records are read faster, and give more clips
an epoch.
"""

import functools
import pathlib
import sys
import tempfile

from benchmarks import one_core
from benchmarks import one_gpu
from benchmarks import photographs
from benchmarks import video_preparation

VIDEOS = 2
SECONDS = 10
FRAMES_OF_RECORDS = (250, 64)
_PRESET = "kinetics_autoencoder"
# What a training step of the published model asks for.
_TRAINING_OUTPUTS = {"num_video_outputs": 512, "num_audio_outputs": 512}


def main():
    """Prints clips a second and how many cores feed one GPU."""
    one_core.run(__name__)


def _work(core):
    one_core.stay_on(core)

    from keras_perceiver.cost import cost

    flops = cost(_PRESET, **_TRAINING_OUTPUTS).flops
    wanted = one_gpu.examples_per_second(flops)
    print(f"{one_gpu.ASSUMED}: {wanted:.0f} clips/s of {_PRESET}")
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder, "videos")
        source.mkdir()
        for number in range(VIDEOS):
            path = source / f"{number}.mp4"
            photographs.write_video(path, SECONDS, number)
        for num_frames in FRAMES_OF_RECORDS:
            records = pathlib.Path(folder, str(num_frames))
            video_preparation.prepare(
                source, records, frames_per_record=num_frames
            )
            examples = iter(training_examples(records))
            rate = one_core.rate(functools.partial(next, examples), 1)
            print(
                f"records of {num_frames:3} frames: {rate:4.0f} clips/s on one "
                f"core, {wanted / rate:.1f} cores for one GPU"
            )


def training_examples(records):
    """Returns what training reads, one by one."""
    from recipes.assignments import assign
    from recipes.recipe import find_recipe

    recipe = find_recipe("kinetics")
    settings = {
        "data": "videos that were prepared",
        "data.records": str(records),
        "training.batch-size": "1",
    }
    configuration = assign(recipe.configuration("paper"), settings.items())
    return recipe.open_data(configuration).training_dataset(0)


if __name__ == "__main__":
    _work(sys.argv[1])
