"""Measuring how long answers take, by a clock of its own."""

import numpy as np
import pytest

from keras_perceiver.serving.beside_graph import latency

REQUEST = {"text_bytes": np.array([b"a", b"b"], object)}


@pytest.fixture
def machine(monkeypatch):
    """Takes as many seconds as one says for so many rows."""

    class Machine:
        now = 0.0
        sizes = ()

        def __call__(self, request):
            rows = request["text_bytes"]
            assert rows[:3].tolist() == [b"a", b"b", b"a"][: len(rows)]
            self.sizes += (len(rows),)
            self.now += self.seconds(len(rows))

    machine = Machine()
    monkeypatch.setattr(latency.time, "perf_counter", lambda: machine.now)
    return machine


def test_batches_grow_while_more_rows_are_answered(machine):
    machine.seconds = lambda rows: 0.01 + 0.001 * max(rows, 8)
    times = latency.measure(machine, REQUEST)
    # Eight cost what one does, sixteen a little more, and so on.
    assert list(times) == [1, 2, 4, 8, 16, 32]
    machine.seconds = lambda rows: 0.01 * max(rows, 16)
    assert list(latency.measure(machine, REQUEST)) == [1, 2, 4, 8, 16]


def test_a_few_rows_at_a_time_are_always_welcome(machine):
    machine.seconds = lambda rows: 0.01 * rows
    assert list(latency.measure(machine, REQUEST)) == [1, 2, 4, 8]
    # But where they take very long.
    machine.seconds = lambda rows: 0.3 * rows
    assert list(latency.measure(machine, REQUEST)) == [1, 2]


def test_every_run_is_timed_but_the_first(machine):
    machine.seconds = lambda rows: 0.015 if machine.sizes.count(rows) > 1 else 9
    times = latency.measure(machine, REQUEST, [3, 5])
    assert times == {
        3: [pytest.approx(0.015)] * 4,
        5: [pytest.approx(0.015)] * 4,
    }
    assert machine.sizes == (3,) * 5 + (5,) * 5


def test_fast_answers_are_not_timed_forever(machine):
    machine.seconds = lambda rows: 1e-9
    times = latency.measure(machine, REQUEST, [1])
    assert len(times[1]) == latency.MOST_RUNS


def test_slow_answers_are_timed_once(machine):
    machine.seconds = lambda rows: 40.0
    assert latency.measure(machine, REQUEST) == {1: [40.0]}
    assert machine.sizes == (1, 1)


def test_the_table_has_percentiles():
    seconds = [i / 1000 for i in range(1, 101)]
    header, line = latency.table({4: seconds})
    assert header == "rows   p50 ms   p95 ms   p99 ms     rows/s"
    assert line.split() == ["4", "50.5", "95.0", "99.0", "79.2"]
