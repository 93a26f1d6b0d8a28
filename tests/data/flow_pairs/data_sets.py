"""Small folders that are laid out as the official data sets."""

import numpy as np
import PIL.Image

from keras_perceiver.data.flow import write_flo
from keras_perceiver.data.flow import write_kitti
from tests.image_samples import noise


def save(path, pixels):
    path.parent.mkdir(parents=True, exist_ok=True)
    PIL.Image.fromarray(pixels).save(path)


def flow_of(number, height, width):
    """A field that says its number; whole 64ths, as KITTI's files hold."""
    flow = np.full((height, width, 2), (number, -number / 4), "float32")
    flow[0, 0] = 50
    return flow


def flo(path, number, height, width):
    path.parent.mkdir(parents=True, exist_ok=True)
    write_flo(path, flow_of(number, height, width))


def sintel(folder, height=20, width=30):
    """Three sequences, of 3, 3 and 4 frames."""
    training = folder / "training"
    number = 0
    for sequence, count in (("alley_1", 3), ("cave_2", 3), ("market_5", 4)):
        for frame in range(1, count + 1):
            name = f"frame_{frame:04d}"
            for seed, rendering in enumerate(("clean", "final")):
                pixels = noise(height, width, seed=10 * number + seed)
                save(training / rendering / sequence / f"{name}.png", pixels)
            if frame == count:
                continue
            number += 1
            flo(
                training / "flow" / sequence / f"{name}.flo",
                number,
                height,
                width,
            )
            for seed, kind in enumerate(("occlusions", "invalid")):
                mask = np.zeros((height, width), "uint8")
                mask[seed + 1, :number] = 255
                save(training / kind / sequence / f"{name}.png", mask)
    return folder


def kitti(folder, count=4, height=21, width=33):
    """Scenes of two frames, of which the sizes differ a little."""
    training = folder / "training"
    for number in range(count):
        name, size = f"{number:06d}", (height, width + number % 2)
        for frame in (10, 11):
            pixels = noise(*size, seed=20 * number + frame)
            save(training / "image_2" / f"{name}_{frame}.png", pixels)
        valid = np.zeros(size, bool)
        valid[5:] = True
        for kind, first in (("flow_occ", 5), ("flow_noc", 8)):
            valid[:first] = False
            path = training / kind / f"{name}_10.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_kitti(path, flow_of(number, *size), valid)
    return folder


def flying_chairs(folder, count=5, height=18, width=24, split=True):
    for number in range(1, count + 1):
        for frame in (1, 2):
            pixels = noise(height, width, seed=30 * number + frame)
            save(folder / "data" / f"{number:05d}_img{frame}.ppm", pixels)
        flo(folder / "data" / f"{number:05d}_flow.flo", number, height, width)
    if split:
        lines = ["2" if number == 2 else "1" for number in range(1, count + 1)]
        (folder / "FlyingChairs_train_val.txt").write_text("\n".join(lines))
    return folder


def autoflow(folder, height=22, width=28):
    """Two tables of two scenes, in two of the four parts."""
    for number in range(4):
        table = f"table_{number // 2}_batch_{number}"
        scene = folder / f"static_40k_png_{number % 2 + 1}_of_4" / table
        for frame in range(2):
            pixels = noise(height, width, seed=40 * number + frame)
            save(scene / f"im{frame}.png", pixels)
        flo(scene / "forward.flo", number, height, width)
    return folder
