"""How a server may join requests into batches, from what was measured."""

from keras_perceiver.serving.messages import protos

BATCHING_FILE = "batching_params.pbtxt"
# A request waits for others at most half as long as it takes itself, never
# longer than this, and not at all where batches bring nothing.
LONGEST_WAIT_MICROSECONDS = 10_000
# Batches that wait for a free thread, for each thread; more are refused as
# UNAVAILABLE, and clients come again.
BATCHES_PER_THREAD = 4


def batching_text(times, num_threads, machine):
    """Returns the content of a version's `batching_params.pbtxt`.

    Servers read it with `--enable_batching` and
    `--enable_per_model_batching_parameters`.

    Args:
        times: seconds of each run, a list by the number of rows.
        num_threads: how many batches run at a time: the processors.
        machine: what the times were measured on, in words.
    """
    sizes = sorted(times)
    alone = min(times[sizes[0]])
    gains = min(times[sizes[-1]]) < alone * sizes[-1] / sizes[0]
    wait = min(1e6 * alone / 2, LONGEST_WAIT_MICROSECONDS) if gains else 0
    parameters = protos.message("BatchingParameters")
    for field, value in {
        "max_batch_size": sizes[-1],
        "batch_timeout_micros": round(wait),
        "max_enqueued_batches": BATCHES_PER_THREAD * num_threads,
        "num_batch_threads": num_threads,
    }.items():
        getattr(parameters, field).value = value
    parameters.allowed_batch_sizes.extend(sizes)
    measured = "\n".join(
        f"# {size} rows: {1e3 * min(times[size]):.2f} ms" for size in sizes
    )
    return f"# Measured on {machine}\n{measured}\n" + protos.as_text(parameters)


def allowed_batch_sizes(text):
    """Reads what `batching_text` wrote.

    Raises:
        ValueError: if a server would refuse it.
    """
    parameters = protos.parse_text("BatchingParameters", text)
    sizes = list(parameters.allowed_batch_sizes)
    largest = parameters.max_batch_size.value
    if not sizes or sizes != sorted(set(sizes)) or sizes[0] < 1:
        raise ValueError(
            f"allowed_batch_sizes have to rise from 1 or more. Received: "
            f"{sizes}"
        )
    if sizes[-1] != largest:
        raise ValueError(
            "The last of allowed_batch_sizes has to be max_batch_size. "
            f"Received: {sizes}, {largest}"
        )
    if parameters.pad_variable_length_inputs:
        raise ValueError(
            "pad_variable_length_inputs repeats a row's first number, and "
            "not its padding: answers would change."
        )
    return sizes
