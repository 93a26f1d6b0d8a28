"""How a server may join requests into batches, from what was measured."""

from keras_perceiver.serving.messages import protos

BATCHING_FILE = "batching_params.pbtxt"
# A request waits for others at most half as long as it takes itself, never
# longer than this, and not at all where batches bring nothing.
LONGEST_WAIT_MICROSECONDS = 10_000
# Batches that wait for a free thread, for each thread; more are refused as
# UNAVAILABLE, and clients come again.
BATCHES_PER_THREAD = 4
# A server that batches refuses requests of more rows than max_batch_size, so
# it is at least this.
FEWEST_ROWS = 8


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
    numbers = {
        "batch_timeout_micros": round(wait),
        "max_enqueued_batches": BATCHES_PER_THREAD * num_threads,
        "num_batch_threads": num_threads,
    }
    if sizes[-1] >= FEWEST_ROWS:
        numbers["max_batch_size"] = sizes[-1]
        parameters.allowed_batch_sizes.extend(sizes)
    else:
        # Larger requests are split, which servers do without a list of sizes.
        numbers["max_batch_size"] = FEWEST_ROWS
        numbers["max_execution_batch_size"] = sizes[-1]
        parameters.enable_large_batch_splitting.value = True
    for field, value in numbers.items():
        getattr(parameters, field).value = value
    measured = "\n".join(
        f"# {size} rows: {1e3 * min(times[size]):.2f} ms" for size in sizes
    )
    return f"# Measured on {machine}\n{measured}\n" + protos.as_text(parameters)


def batch_sizes(text):
    """Reads what `batching_text` wrote; returns the sizes that batches have.

    Raises:
        ValueError: if a server would refuse it.
    """
    parameters = protos.parse_text("BatchingParameters", text)
    if parameters.pad_variable_length_inputs:
        raise ValueError(
            "pad_variable_length_inputs repeats a row's first number, and "
            "not its padding: answers would change."
        )
    largest = parameters.max_batch_size.value
    sizes = list(parameters.allowed_batch_sizes)
    if parameters.enable_large_batch_splitting.value and not sizes:
        return _doubling(parameters.max_execution_batch_size.value, largest)
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
    return sizes


def _doubling(most, largest):
    if not 1 <= most <= largest:
        raise ValueError(
            "max_execution_batch_size has to be from 1 to max_batch_size. "
            f"Received: {most}, {largest}"
        )
    return [2**power for power in range(most.bit_length())]
