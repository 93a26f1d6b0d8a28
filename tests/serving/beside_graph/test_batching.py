"""Parameters of batching."""

import re

import pytest

from keras_perceiver.serving.beside_graph import batching
from keras_perceiver.serving.messages import protos

TIMES = {1: [0.004, 0.005], 2: [0.005], 4: [0.006], 8: [0.008]}


def test_parameters_follow_what_was_measured():
    text = batching.batching_text(TIMES, 3, "3 processors (slow)")
    assert text.startswith(
        "# Measured on 3 processors (slow)\n# 1 rows: 4.00 ms\n"
    )
    parameters = protos.parse_text("BatchingParameters", text)
    assert list(parameters.allowed_batch_sizes) == [1, 2, 4, 8]
    assert parameters.max_batch_size.value == 8
    # Half of what one row takes.
    assert parameters.batch_timeout_micros.value == 2000
    assert parameters.num_batch_threads.value == 3
    assert parameters.max_enqueued_batches.value == 12
    assert batching.batch_sizes(text) == [1, 2, 4, 8]


@pytest.mark.parametrize(
    ("times", "wait"),
    [
        ({1: [9.0], 2: [9.5]}, 10_000),
        ({1: [0.5]}, 0),
        ({1: [1.0], 2: [2.1]}, 0),
    ],
)
def test_nothing_waits_long_or_in_vain(times, wait):
    text = batching.batching_text(times, 1, "it")
    parameters = protos.parse_text("BatchingParameters", text)
    assert parameters.batch_timeout_micros.value == wait


@pytest.mark.parametrize(
    ("times", "most"), [({1: [5.0]}, 1), ({1: [0.3], 2: [0.5]}, 2)]
)
def test_slow_models_take_several_rows_too(times, most):
    """A server splits them, and would else refuse them."""
    text = batching.batching_text(times, 1, "it")
    parameters = protos.parse_text("BatchingParameters", text)
    assert parameters.max_batch_size.value == 8
    assert parameters.max_execution_batch_size.value == most
    assert parameters.enable_large_batch_splitting.value
    assert list(parameters.allowed_batch_sizes) == []
    assert batching.batch_sizes(text) == sorted(times)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("max_batch_size: 3", "no BatchingParameters: line 1"),
        ("max_batch_size { value: 3 }", "rise from 1 or more. Received: []"),
        ("allowed_batch_sizes: [1, 1]", "Received: [1, 1]"),
        ("allowed_batch_sizes: [2, 1]", "Received: [2, 1]"),
        ("allowed_batch_sizes: [0, 1]", "Received: [0, 1]"),
        ("allowed_batch_sizes: 2", "be max_batch_size. Received: [2], 0"),
        (
            "max_batch_size { value: 2 } allowed_batch_sizes: 2 "
            "pad_variable_length_inputs: true",
            "repeats a row's first number",
        ),
        (
            "max_batch_size { value: 2 } "
            "enable_large_batch_splitting { value: true } "
            "max_execution_batch_size { value: 3 }",
            "from 1 to max_batch_size. Received: 3, 2",
        ),
    ],
)
def test_what_a_server_refuses_is_told(text, said):
    with pytest.raises(ValueError, match=re.escape(said)):
        batching.batch_sizes(text)
