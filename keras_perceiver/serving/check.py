"""Checks an export as a stock server would run it.

`keras-perceiver check` runs this file in a process of its own, where neither
Keras nor TensorFlow's Python can be imported and XLA is disabled.
"""

import pathlib
import sys

from keras_perceiver.quiet import quiet_start
from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.beside_graph import description
from keras_perceiver.serving.beside_graph import examples
from keras_perceiver.serving.beside_graph import latency
from keras_perceiver.serving.beside_graph import warmup
from keras_perceiver.serving.checks import comparisons
from keras_perceiver.serving.checks import operations
from keras_perceiver.serving.names import RAW
from keras_perceiver.serving.runtime import library
from keras_perceiver.serving.runtime.saved_model import SavedModel

# Weights are stored once; the rest of the files is small beside them.
MAXIMUM_SIZE_RATIO = 1.1
SMALL_EXTRA_BYTES = 100_000
_BAD_REQUEST = 3


def check(path):
    """Yields a line for every check that passed; the last has a table.

    Args:
        path: a SavedModel that `export` wrote, or the folder of all its
            versions, of which the highest is checked.

    Raises:
        ValueError: at the first check that fails, saying what came and what
            was wanted.
        TensorFlowError: if a request is not answered.
    """
    path = description.find_saved_model(path)
    said = description.read_description(path)
    # Before loading, which runs some of them.
    yield _check_operations(path)
    yield _check_files(path, said)
    yield _check_size(path, said)
    sizes = _read_batching(path)
    model = _load(path)
    tolerance = min(said["tolerance"], comparisons.HALF_PRECISION_TOLERANCE)
    request, answer = examples.read_example(path)
    yield _check_raw(model, RAW, request, answer, tolerance)
    for name in sorted({*model.signatures} - {*said["fingerprints"]}):
        if name != RAW:
            example = examples.read_example(path, name)
            yield _check_raw(model, name, *example, tolerance)
    for name, fingerprints in said["fingerprints"].items():
        yield _check_tensors(model, name, fingerprints, tolerance)
    yield f"warm-up log: {warmup.replay(path, model)} requests answered"
    yield f"{batching.BATCHING_FILE}: batches of {', '.join(map(str, sizes))}"
    times = latency.measure(
        lambda rows: model.run("serving_default", rows),
        examples.good_rows(request, answer),
        sizes,
    )
    yield "\n".join(["serving_default takes:", *latency.table(times)])


def _load(path):
    with quiet_start():
        return SavedModel(path)


def _check_operations(path):
    forbidden = operations.forbidden_operations(path)
    if forbidden:
        raise ValueError(
            f"The graph needs operations that a stock server of release "
            f"{description.OLDEST_SERVER} has not, or that may touch more "
            f"than the request: {', '.join(forbidden)}"
        )
    misplaced = operations.misplaced_operations(path)
    if misplaced:
        raise ValueError(
            "The graph reads or writes files elsewhere than in restoring and "
            f"saving its weights: {', '.join(misplaced)}"
        )
    must_compile = operations.must_compile_functions(path)
    if must_compile:
        raise ValueError(
            "A stock server refuses functions that must be compiled with "
            f"XLA: {must_compile}. Export without jit_compile."
        )
    return (
        f"{len(operations.operations_of(path))} kinds of operations, all in "
        f"servers since {description.OLDEST_SERVER}"
    )


def _check_files(path, said):
    came = description.file_hashes(path)
    for name, wanted in said["sha256"].items():
        if came.get(name) != wanted:
            raise ValueError(
                f"{path / name} is not the file that was exported. SHA-256 "
                f"received: {came.get(name)}, wanted: {wanted}"
            )
    return f"{len(came)} files are those that were exported"


def _check_size(path, said):
    stored = sum(file.stat().st_size for file in (path / "variables").iterdir())
    weights = said["weight_bytes"]
    if stored > MAXIMUM_SIZE_RATIO * weights + SMALL_EXTRA_BYTES:
        raise ValueError(
            f"The weights take {stored:,} bytes and should take {weights:,}: "
            "they are stored more than once."
        )
    return f"weights stored once: {stored:,} bytes"


def _read_batching(path):
    return batching.batch_sizes((path / batching.BATCHING_FILE).read_text())


def _check_raw(model, name, request, wanted, tolerance):
    answer = model.run(name, request)
    if answer.keys() != wanted.keys():
        raise ValueError(
            f"Signature {name!r} answers {', '.join(sorted(answer))}. Wanted: "
            f"{', '.join(sorted(wanted))}"
        )
    prefix = "" if name == RAW else f"{name}: "
    for output, values in wanted.items():
        comparisons.compare(
            f"{prefix}{output}", answer[output], values, tolerance
        )
    count = _check_rows(model, name, request, answer, tolerance)
    return (
        f"{name}: answers as at export, each of {count} rows alone "
        "as in the batch, none without rows"
    )


def _check_tensors(model, name, wanted, tolerance):
    """Answers of a signature of tensors, to a request that is made up."""
    request = examples.made_up_request(model.signatures[name])
    answer = model.run(name, request)
    for output, values in answer.items():
        comparisons.compare_fingerprints(
            f"{name}: {output}",
            examples.fingerprint(values),
            wanted[output],
            tolerance,
        )
    _check_rows(model, name, request, answer, tolerance)
    return f"{name}: answers as at export, alone as in the batch"


def _check_rows(model, name, request, together, tolerance):
    """Each row alone, and none; returns how many there are."""
    count = len(next(iter(request.values())))
    problems = together.get("problem_bytes", [b""] * count)
    for row in range(count):
        alone = {key: rows[row : row + 1] for key, rows in request.items()}
        if problems[row]:
            _check_refused(model, name, alone, problems[row].decode())
            continue
        for output, values in model.run(name, alone).items():
            comparisons.compare(output, values, together[output][row : row + 1])
    none = {key: rows[:0] for key, rows in request.items()}
    for output, values in model.run(name, none).items():
        if len(values):
            raise ValueError(
                f"Without rows, {name!r} answers {output!r} of shape "
                f"{values.shape}"
            )
    return count


def _check_refused(model, name, request, problem):
    """That a bad row alone is an error that says what it is."""
    try:
        model.run(name, request)
    except library.TensorFlowError as error:
        if error.code == _BAD_REQUEST and problem in str(error):
            return
        raise
    raise ValueError(f"A bad request was answered. Wanted: {problem}")


def main(arguments):
    """Prints every check that passes; returns the exit code."""
    try:
        for line in check(pathlib.Path(arguments[0])):
            print("ok ", line.replace("\n", "\n    "), flush=True)
    except (
        ValueError,
        KeyError,
        OSError,
        library.TensorFlowError,
    ) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    library.disable_xla()
    sys.exit(main(sys.argv[1:]))
