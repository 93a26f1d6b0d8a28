"""How far a search is: the best trials, those that run, and the counts."""

import sys
import time

import rich.console
import rich.live
import rich.table
import rich.text

from keras_perceiver import errors
from keras_perceiver.search import outcomes
from keras_perceiver.search import words
from keras_perceiver.training.progress import time_in_words

_NUM_BEST = 8
_NUM_RUNNING = 8
_COLUMNS = ("trial", "state", "choices", "params", "FLOPs", "latency")


class LiveTable:
    """A table on a terminal, a line for each finished trial elsewhere.

    Trials that are finished at the first update count as those of an earlier
    process, which tell nothing of the time that is left.

    Args:
        objective_name: of the value, such as `heldout_nats`.
        maximize: whether a larger value is better.
        trials: how many there will be, or None.
        minutes: how long the search may take, or None.
    """

    def __init__(self, objective_name, maximize, trials=None, minutes=None):
        self.objective_name = objective_name
        self.maximize = maximize
        self.trials = trials
        self.minutes = minutes
        self._began = time.monotonic()
        self._records, self._rejected = [], {}
        self._earlier = None
        self._said = set()
        self._live = None
        if sys.stdout.isatty():
            self._live = rich.live.Live(
                self, console=rich.console.Console(), refresh_per_second=1
            )
            self._live.start()

    def update(self, records, rejected):
        """Shows where the search is now.

        Args:
            records: all lines of `trials.jsonl`.
            rejected: number of infeasible proposals by reason.
        """
        self._records, self._rejected = list(records), dict(rejected)
        if self._earlier is None:
            self._earlier = self._num_finished()
        if self._live:
            self._live.refresh()
        else:
            self._say_new_ones()

    def say(self, text):
        """Prints a line of something else, above the table."""
        if self._live:
            self._live.console.print(text, highlight=False, markup=False)
        else:
            print(text, flush=True)

    def close(self):
        """Leaves the table as it is and counts; also after an error."""
        if self._live:
            self._live.stop()
            self._live = None
        else:
            print(self._counts(), flush=True)

    def __rich__(self):
        """The table at this moment; rich asks for it every second."""
        best = outcomes.best_first(self._records, self.maximize)[:_NUM_BEST]
        table = rich.table.Table(
            caption=rich.text.Text(f"{self._counts()}\n{self._times()}"),
            caption_justify="left",
        )
        for column in (*_COLUMNS, errors.printable(self.objective_name)):
            table.add_column(rich.text.Text(column))
        for record in best:
            table.add_row(*map(rich.text.Text, _cells(record)))
        running = [
            record for record in self._records if record["state"] == "running"
        ]
        if running:
            table.add_section()
        for record in running[:_NUM_RUNNING]:
            table.add_row(*map(rich.text.Text, _cells(record)))
        return table

    def _say_new_ones(self):
        before = [
            record for record in self._records if record["trial"] in self._said
        ]
        for record in self._records:
            if (
                record["state"] in outcomes.FINISHED
                and record["trial"] not in self._said
            ):
                self._said.add(record["trial"])
                before.append(record)
                best = outcomes.best_first(before, self.maximize)
                is_best = bool(best) and best[0] is record
                print(self._line(record, is_best), flush=True)

    def _line(self, record, is_best):
        trial, state, choices, params, flops, latency, value = _cells(record)
        parts = [
            f"trial {trial}",
            choices,
            f"{params} params",
            f"{flops} FLOPs",
            f"latency {latency}",
        ]
        if record["state"] == "completed":
            parts.append(f"{errors.printable(self.objective_name)} {value}")
            parts.extend(_share_in_words(record))
        else:
            reason = record["reason"] or "no reason given"
            parts.append(f"{state}: {errors.printable(reason)}")
        if is_best:
            parts.append("best")
        return "  ".join(parts)

    def _counts(self):
        counts = outcomes.counts_of(self._records)
        return words.counts_in_words(counts, self._rejected)

    def _times(self):
        gone = time.monotonic() - self._began
        left = self.seconds_left()
        told = "not known" if left is None else time_in_words(left)
        return f"{time_in_words(gone)} gone, {told} left"

    def seconds_left(self):
        """About how long it will go on, or None while nothing tells it."""
        gone = time.monotonic() - self._began
        limits = []
        if self.minutes is not None:
            limits.append(max(0.0, 60 * self.minutes - gone))
        finished = self._num_finished()
        here = finished - (self._earlier or 0)
        if self.trials is not None and finished >= self.trials:
            limits.append(0.0)
        elif self.trials is not None and here > 0:
            limits.append(gone / here * (self.trials - finished))
        return min(limits, default=None)

    def _num_finished(self):
        return sum(
            record["state"] in outcomes.FINISHED for record in self._records
        )


def _cells(record):
    """The text of each column."""
    cost = record["cost"]
    value = record["value"]
    state = record["state"]
    if state == "running" and record["curve"]:
        # What it has reached so far.
        step, value = record["curve"][-1]
        state = f"running, step {step}"
    return (
        errors.printable(record["trial"]),
        state,
        words.choices_in_short(record["choices"]),
        words.in_short(cost["params"]),
        words.in_short(cost["flops"]),
        words.milliseconds(cost["latency_ms"]),
        words.objective(value),
    )


def _share_in_words(record):
    if record["share"] < 1:
        yield f"at {record['share']:.0%} of the steps"
