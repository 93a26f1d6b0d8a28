"""Images a second on one core as ImageNet's training takes them, and Pillow's.

Everything runs in one process that may use one core alone.
"""

import functools
import io
import itertools
import os
import sys
import time

from benchmarks import one_core

FILES = 64
# ImageNet's average: 500 x 375 pixels and about 110 KB.
HEIGHT, WIDTH = 375, 500
_QUALITY = 90
IMAGE_SHAPE = (224, 224, 3)
NUM_CLASSES = 1000
# Images, of which pairs become examples.
BATCH = 128
TIMED_SECONDS = 10
SEED = 0
_PRESETS = {
    "Fourier features": "imagenet_fourier",
    "learned positions": "imagenet_learned",
    "convolutions": "imagenet_conv",
}


def main():
    """Prints rates, their ratios, and how many cores feed one GPU."""
    one_core.run("benchmarks.image_pipeline")


def _work(core):
    # Before TensorFlow starts its threads, which all stay on this core.
    os.sched_setaffinity(0, [core])

    import dataclasses

    import tensorflow as tf

    from keras_perceiver.data.image_augmentation.crops import TrainingViews

    tf.config.threading.set_intra_op_parallelism_threads(1)
    files = [_photograph(number) for number in range(FILES)]
    mean_bytes = sum(map(len, files)) / len(files)
    print(
        f"{FILES} JPEGs of {WIDTH} x {HEIGHT}, {mean_bytes / 1e3:.0f} KB each"
    )
    published = TrainingViews()
    plain = dataclasses.replace(published, rand_augment_layers=0)
    rates = {
        "views, mixed in pairs, normalized": _rate(files, published, True),
        "views alone": _rate(files, published, False),
        "views without RandAugment": _rate(files, plain, False),
        "Pillow: the same crops, resized": _pillow_rate(files, published),
    }
    for name, rate in rates.items():
        print(f"{name:<34} {rate:6,.0f} images/s on one core")
    whole, *_, pillow = rates.values()
    print(f"all of ours over Pillow's crop and resize: {whole / pillow:.2f}")
    _print_cores(whole)


def _photograph(number):
    """Noise with a photograph's spectrum, as JPEG of a usual size in bytes."""
    import numpy as np
    import PIL.Image

    rng = np.random.default_rng(number)
    down = np.fft.fftfreq(HEIGHT)[:, None]
    across = np.fft.rfftfreq(WIDTH)
    frequencies = np.maximum(np.hypot(down, across), 1 / WIDTH)

    def noise(steepness):
        waves = rng.normal(size=(2, *frequencies.shape))
        spectrum = (waves[0] + 1j * waves[1]) / frequencies**steepness
        values = np.fft.irfft2(spectrum, (HEIGHT, WIDTH))
        return values / values.std()

    light = noise(1.1)
    colours = [light + 0.4 * noise(1.3) for _ in range(3)]
    pixels = np.clip(np.stack(colours, axis=-1) * 55 + 118, 0, 255)
    file = io.BytesIO()
    image = PIL.Image.fromarray(pixels.astype("uint8"))
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _rate(files, views, is_mixed):
    """Images a second that are read; two of them make one example."""
    import tensorflow as tf

    from keras_perceiver.data import images
    from keras_perceiver.data.image_augmentation.crops import training_views
    from keras_perceiver.data.image_augmentation.mixing import mix_pairs

    contents = tf.constant(files)

    def make(numbers):
        batch, _ = training_views(
            tf.gather(contents, numbers % FILES),
            numbers,
            SEED,
            IMAGE_SHAPE,
            views,
        )
        if not is_mixed:
            return batch
        labels = tf.one_hot(numbers % NUM_CLASSES, NUM_CLASSES)
        mixed, labels = mix_pairs(batch, labels, numbers[::2] // 2, SEED)
        return images.normalize(mixed), labels

    dataset = tf.data.Dataset.range(sys.maxsize).batch(BATCH).map(make)
    batches = iter(dataset)
    return _timed(functools.partial(next, batches), BATCH)


def _pillow_rate(files, views):
    """What Pillow needs to cut out the same parts and to resize them."""
    import numpy as np
    import PIL.Image
    import tensorflow as tf

    from keras_perceiver.data.image_augmentation.crops import crop_region
    from keras_perceiver.data.image_augmentation.crops import view_seeds

    regions = tf.data.Dataset.range(16 * FILES).map(
        lambda number: crop_region(
            tf.constant([HEIGHT, WIDTH]),
            view_seeds(SEED, number)[0],
            IMAGE_SHAPE[:2],
            views,
        )
    )
    regions = itertools.cycle(list(regions.as_numpy_iterator()))
    contents = itertools.cycle(files)

    def make():
        top, left, height, width = map(int, next(regions))
        image = PIL.Image.open(io.BytesIO(next(contents)))
        image = image.crop((left, top, left + width, top + height))
        size = IMAGE_SHAPE[1], IMAGE_SHAPE[0]
        return np.array(image.resize(size, PIL.Image.Resampling.BICUBIC))

    return _timed(make, 1)


def _timed(make, count):
    make()
    make()
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < TIMED_SECONDS:
        make()
        done += count
    return done / (time.perf_counter() - began)


def _print_cores(images_per_second):
    from keras_perceiver.cost import cost

    print(
        f"\none GPU of {one_core.PEAK_FLOPS / 1e12:.0f} TFLOP/s, "
        f"{one_core.UTILISATION:.0%} of which are reached, a step costing "
        f"{one_core.PASSES} forward passes, and two images to an example:"
    )
    for name, preset in _PRESETS.items():
        flops = one_core.PASSES * cost(preset).flops
        examples = one_core.PEAK_FLOPS * one_core.UTILISATION / flops
        cores = 2 * examples / images_per_second
        print(
            f"{name:<18} {examples:4.0f} examples/s, "
            f"{2 * examples:5.0f} images/s: {cores:.1f} cores"
        )


if __name__ == "__main__":
    _work(int(sys.argv[1]))
