"""The bookkeeping of operations."""

import pytest

from keras_perceiver.cost.trace import Trace


@pytest.fixture
def trace():
    trace = Trace(batch=3, itemsize=2)
    with trace.part("model"):
        yield trace


def test_a_tensor_lives_from_its_maker_to_its_last_reader(trace):
    x = trace.given(4, 5)
    first = trace.operation([x], 4, 10)
    second = trace.operation([first], 4, 1)
    third = trace.operation([second], 4, 20)
    trace.operation([third, first], 4, 2)
    # All but the second, which is dead by then.
    assert trace.peak() == 3 * 2 * 4 * (10 + 20 + 2)


def test_what_nobody_reads_is_an_output_and_stays(trace):
    x = trace.given(4, 5)
    trace.operation([x], 4, 7)
    small = trace.operation([x], 4, 1)
    trace.operation([small, small], 4, 2)
    assert trace.peak() == 3 * 2 * 4 * (7 + 1 + 2)


def test_inputs_and_weights_are_no_activations(trace):
    trace.operation([trace.given(9, 9), trace.learned(9, 9)], 1, 1)
    assert trace.peak() == 3 * 2
    assert trace.parameters["model"] == 81


def test_what_all_examples_share_is_held_once(trace):
    shared = trace.constant(4, 5)
    assert shared.size == 2 * 20
    projected = trace.linear(trace.learned(4, 5), 6)
    assert projected.size == 2 * 24
    assert trace.add(projected, trace.given(4, 6)).size == 3 * 2 * 24
    assert trace.flops["model"] == 2 * 4 * 5 * 6


def test_a_tensor_is_kept_once_however_often_it_is_needed(trace):
    x = trace.operation([trace.given(4, 5)], 4, 5)
    trace.linear(x, 7)
    trace.linear(x, 7)
    assert trace.kept == x.size


def test_repetitions_multiply_all_but_the_peak(trace):
    def layer(x):
        return trace.linear(x, 5, bias=False)

    x = trace.operation([trace.given(4, 5)], 4, 5)
    layer(x)
    peak = trace.peak()
    once = trace.parameters["model"], trace.flops["model"], trace.kept
    with trace.repeated(6, sets_of_weights=2):
        layer(trace.elementwise(x))
    assert trace.parameters["model"] == (1 + 2) * once[0]
    assert trace.flops["model"] == (1 + 6) * once[1]
    assert trace.kept == (1 + 6) * once[2]
    assert trace.peak() <= 2 * peak


def test_repetitions_nest(trace):
    with trace.repeated(3, 1), trace.repeated(5, 2):
        trace.linear(trace.given(1, 1), 1)
    assert trace.flops["model"] == 15 * 2
    assert trace.parameters["model"] == 2 * 2


def test_parts_are_told_apart(trace):
    with trace.part("head"):
        trace.linear(trace.given(1, 2), 3)
    trace.linear(trace.given(1, 2), 3)
    assert dict(trace.parameters) == {"head": 9, "model": 9}
    assert dict(trace.flops) == {"head": 12, "model": 12}


def test_float32_is_a_copy_only_where_it_has_to_be(trace):
    x = trace.operation([trace.given(4, 5)], 4, 5)
    wide = trace.float32(x)
    assert wide.size == 2 * x.size
    assert trace.float32(wide) is wide
    assert trace.linear(wide, 1).itemsize == 4
