"""Data sets of optical flow, as they lie on disk when unpacked."""

from keras_perceiver.data.flow_pairs.pair_files import PairFile
from keras_perceiver.data.flow_pairs.pair_files import PairFiles
from keras_perceiver.data.labelled_images import selection

RENDERINGS = ("clean", "final")
_CHAIRS_SPLIT = "FlyingChairs_train_val.txt"
# What KITTI 2015 and AutoFlow name no split of: this share is held out.
_AUTOFLOW_PARTS = "static_40k_png_*_of_4"


def open_layout(folder, rendering="clean"):
    """Finds out which data set a folder holds, and where its pairs lie.

    Args:
        folder: a `pathlib.Path`.
        rendering: which of Sintel's renderings: `clean` or `final`.

    Returns:
        `PairFiles`, or None if the folder is laid out as none of them.

    Raises:
        ValueError: if it is one, but files are missing.
    """
    for marks, read in (
        ("training/flow", lambda: sintel(folder, rendering)),
        ("training/flow_occ", lambda: kitti(folder)),
        ("data/*_flow.flo", lambda: flying_chairs(folder)),
        (_AUTOFLOW_PARTS, lambda: autoflow(folder)),
    ):
        if next(folder.glob(marks), None) is not None:
            return read()
    return None


def sintel(folder, rendering="clean"):
    """MPI Sintel: `training/clean/SEQUENCE/frame_0001.png` and so on.

    Nothing names a split: a tenth of the sequences is held out, chosen by the
    hash of their names.
    """
    training = folder / "training"
    pairs = {}
    for flow in sorted(training.glob("flow/*/*.flo")):
        sequence = flow.parent.name
        frames = training / rendering / sequence
        number = _number(flow, flow.stem.removeprefix("frame_"))
        mask = f"{flow.stem}.png"
        pairs.setdefault(sequence, []).append(
            PairFile(
                first=frames / f"frame_{number:04d}.png",
                second=frames / f"frame_{number + 1:04d}.png",
                flow=flow,
                covered=_if_there(training / "occlusions" / sequence / mask),
                invalid=_if_there(training / "invalid" / sequence / mask),
            )
        )
    return _split(f"MPI Sintel, {rendering} ({folder})", pairs)


def kitti(folder):
    """KITTI 2015: `training/image_2/000000_10.png` and so on.

    Nothing names a split: a tenth of the scenes is held out, chosen by the
    hash of their names.
    """
    training = folder / "training"
    pairs = {}
    for flow in sorted(training.glob("flow_occ/*_10.png")):
        scene = flow.stem.removesuffix("_10")
        frames = training / "image_2"
        pairs[scene] = [
            PairFile(
                first=frames / f"{scene}_10.png",
                second=frames / f"{scene}_11.png",
                flow=flow,
                seen=_if_there(training / "flow_noc" / flow.name),
            )
        ]
    return _split(f"KITTI 2015 ({folder})", pairs)


def flying_chairs(folder):
    """FlyingChairs: `data/00001_img1.ppm`, `_img2.ppm` and `_flow.flo`.

    `FlyingChairs_train_val.txt`, a line for each pair, is 2 for what is held
    out; without it, a tenth is, chosen by the hash of the names.

    Raises:
        ValueError: if that file is there and has not as many lines.
    """
    pairs = {}
    for flow in sorted(folder.glob("data/*_flow.flo")):
        name = flow.stem.removesuffix("_flow")
        pairs[name] = [
            PairFile(
                first=flow.with_name(f"{name}_img1.ppm"),
                second=flow.with_name(f"{name}_img2.ppm"),
                flow=flow,
            )
        ]
    words = f"FlyingChairs ({folder})"
    split = folder / _CHAIRS_SPLIT
    if not split.is_file():
        return _split(words, pairs)
    lines = split.read_text().split()
    if len(lines) != len(pairs) or not {*lines} <= {"1", "2"}:
        raise ValueError(
            f"{split} has {len(lines)} entries for {len(pairs)} pairs. "
            "Wanted: a line for each, 1 for training or 2 for validation."
        )
    heldout = {
        name for name, line in zip(pairs, lines, strict=True) if line == "2"
    }
    return _split(words, pairs, heldout)


def autoflow(folder):
    """AutoFlow: `static_40k_png_1_of_4/table_0_batch_0/im0.png` and so on.

    A tenth of the tables is held out, chosen by the hash of their names: the
    scenes of one table are alike.
    """
    pairs = {}
    for flow in sorted(folder.glob(f"{_AUTOFLOW_PARTS}/*/forward.flo")):
        table = flow.parent.name.partition("_batch")[0]
        pairs.setdefault(table, []).append(
            PairFile(
                first=flow.with_name("im0.png"),
                second=flow.with_name("im1.png"),
                flow=flow,
            )
        )
    return _split(f"AutoFlow ({folder})", pairs)


def _split(words, pairs, heldout=None):
    """`PairFiles` of pairs by group, some of the groups held out."""
    if heldout is None:
        names = sorted(pairs)
        order = selection.hash_order(names) if names else []
        count = max(1, round(selection.HELDOUT_SHARE * len(names)))
        heldout = {names[i] for i in order[:count]}
    parts = [], []
    for name, files in pairs.items():
        parts[name in heldout].extend(files)
    for files in (*parts[0], *parts[1]):
        for path in files.paths():
            if not path.is_file():
                raise ValueError(f"{words}: {path} is missing.")
    for files, use in zip(parts, ("train on", "hold out"), strict=True):
        if not files:
            raise ValueError(
                f"{words} has {len(pairs)} groups of pairs: no pair to {use}."
            )
    return PairFiles(words, *parts)


def _if_there(path):
    return path if path.is_file() else None


def _number(path, digits):
    if not digits.isdecimal():
        raise ValueError(f"{path} is not named as frame_0001.flo.")
    return int(digits)
