"""The command line of the benchmark."""

import argparse
import gc
import importlib.metadata
import importlib.util
import json
import pathlib
import sys
import time

from benchmarks.speed import picture
from benchmarks.speed import report
from benchmarks.speed.cases import cases
from benchmarks.speed.works import DEFAULT_WORKS
from benchmarks.speed.works import WORKS
from keras_perceiver import files

FOLDER = pathlib.Path("runs/benchmarks")
_PACKAGES = ("keras", "tensorflow", "jax", "torch", "transformers")


def main(arguments=()):
    """Times everything that is asked for, and writes JSON and PNG."""
    options = _options(arguments)
    if options.markdown:
        print(report.table(json.loads(_json_path(options.to).read_text())))
        return
    _check_packages()
    works = [WORKS[name] for name in options.works]
    wanted = cases(works, options.kinds, options.dtypes, options.batches)
    if not wanted:
        raise SystemExit(
            "None of the works is taken so. Batches by work: "
            f"{ {work.name: work.batches for work in works} }. Received: "
            f"--kinds {options.kinds} --batches {options.batches}"
        )
    run(wanted, options)


def run(wanted, options):
    """Times cases one after another, and writes the results after each.

    Args:
        wanted: `Case`s.
        options: what the command line was told.

    Returns:
        What was written.
    """
    options.to.mkdir(parents=True, exist_ok=True)
    results = {
        "machine": report.machine(_versions()),
        "backend": _backend(),
        "repeats": options.repeats,
        "rows": [],
        "left_out": [],
    }
    began = time.monotonic()
    deadline = began + 60 * options.minutes
    total, done = sum(case.weight for case in wanted), 0
    for number, case in enumerate(wanted, 1):
        _tell(f"[{number}/{len(wanted)}] {case.name}{_eta(began, done, total)}")
        if time.monotonic() > deadline:
            why = f"left out after {options.minutes:g} minutes"
            results["left_out"].append({"name": case.name, "why": why})
        else:
            results["rows"].append(_row(case, options, deadline))
        done += case.weight
        _write(results, options.to)
    print(report.table(results))
    _tell(f"wrote {_json_path(options.to)} and {options.to / 'speed.png'}")
    return results


def _row(case, options, deadline):
    from benchmarks.speed import ours
    from benchmarks.speed import products
    from benchmarks.speed import theirs
    from benchmarks.speed.side import check_shapes
    from benchmarks.speed.side import timed

    settings = (case.work, case.dtype, case.batch)
    sides = [
        *getattr(ours, case.kind)(*settings, options.xla),
        *getattr(theirs, case.kind)(*settings, not options.no_compile),
    ]
    if case.kind == "forward":
        check_shapes(sides)
    row = {
        "work": case.work.name,
        "what": case.work.what,
        "kind": case.kind,
        "dtype": case.dtype,
        "batch": case.batch,
        "wanted": case.wanted,
        "sides": timed(sides, options.repeats, deadline),
        "product_seconds": None,
        "product_flops": None,
    }
    del sides
    _forget()
    row["ratio"] = report.ratio(row)
    if case.kind == "forward" and options.products:
        row["product_seconds"], row["product_flops"] = products.product_seconds(
            *settings, options.repeats
        )
    told = ", ".join(
        f"{name} {side['median']:.3g} s" for name, side in row["sides"].items()
    )
    _tell(f"    {told}; theirs / ours {row['ratio']:.2f}")
    return row


def _forget():
    """Gives back what the models of the last case hold."""
    import keras
    import torch

    keras.backend.clear_session()
    torch._dynamo.reset()
    gc.collect()


def _write(results, folder):
    files.write_json(_json_path(folder), results)
    picture.draw(results, folder / "speed.png")


def _json_path(folder):
    return folder / "speed.json"


def _eta(began, done, total):
    if not done:
        return ""
    left = (time.monotonic() - began) * (total - done) / done
    return f", about {left / 60:.0f} minutes to go"


def _tell(line):
    print(line, file=sys.stderr, flush=True)


def _backend():
    import keras

    return keras.backend.backend()


def _versions():
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def _check_packages():
    missing = [
        name
        for name in ("torch", "transformers")
        if importlib.util.find_spec(name) is None
    ]
    if missing:
        raise SystemExit(
            f"{' and '.join(missing)} is not installed, and is what is "
            "compared with. Install it with: pip install '.[parity]'"
        )


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks speed",
        description="Times forward passes and training steps, ours and those "
        "of transformers' models in PyTorch, in turn. Ours run on Keras's "
        "backend: set KERAS_BACKEND=jax for JAX.",
    )
    _add_cases(parser)
    _add_measuring(parser)
    _add_output(parser)
    return parser.parse_args(list(arguments))


def _add_cases(parser):
    parser.add_argument(
        "--works",
        nargs="+",
        choices=tuple(WORKS),
        default=list(DEFAULT_WORKS),
        help="models; default: %(default)s",
    )
    parser.add_argument(
        "--kinds",
        nargs="+",
        choices=("forward", "train"),
        default=["forward", "train"],
        help="default: both",
    )
    parser.add_argument(
        "--dtypes",
        nargs="+",
        choices=("float32", "bfloat16"),
        default=["float32", "bfloat16"],
        help="default: both",
    )
    parser.add_argument(
        "--batches",
        nargs="+",
        type=_positive(int),
        default=[1],
        help="batch sizes, 1 and 8; default: 1",
    )


def _add_measuring(parser):
    parser.add_argument(
        "--repeats",
        type=_positive(int),
        default=5,
        help="rounds, of which the median counts; default: 5",
    )
    parser.add_argument(
        "--minutes",
        type=_positive(float),
        default=30.0,
        help="begin no case after that; default: 30",
    )
    parser.add_argument(
        "--no-compile", action="store_true", help="leave out torch.compile"
    )
    parser.add_argument(
        "--xla",
        action="store_true",
        help="time ours compiled by XLA as well, on TensorFlow",
    )
    parser.add_argument(
        "--no-products",
        dest="products",
        action="store_false",
        help="do not time the matrix products alone",
    )


def _add_output(parser):
    parser.add_argument(
        "--to",
        type=pathlib.Path,
        default=FOLDER,
        metavar="FOLDER",
        help="folder of speed.json and speed.png; default: %(default)s",
    )
    parser.add_argument(
        "--markdown",
        action="store_true",
        help="print the table of a run that was written before",
    )


def _positive(kind):
    def number(text):
        value = kind(text)
        if not value > 0:
            raise argparse.ArgumentTypeError(f"{text} is not above 0")
        return value

    return number
