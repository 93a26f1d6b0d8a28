"""What studies that compare several trainings have in common."""

import dataclasses
import json
import pathlib
import statistics
import time

from keras_perceiver import files
from keras_perceiver.training.progress import time_in_words
from recipes.settings import as_dict


class StudyResults:
    """What each training gave, kept in a file, so that a study goes on.

    A training is a tuple of what tells it apart, its seed last.

    Args:
        path: of the file.
        configuration: what the trainings have in common.
        kept_as: what the file calls the results.

    Raises:
        FileExistsError: if the file is of another configuration.
    """

    def __init__(self, path, configuration, kept_as):
        self.path = pathlib.Path(path)
        self._kept_as = kept_as
        content = {"configuration": as_dict(configuration), kept_as: {}}
        # As it comes back from the file.
        self._content = json.loads(json.dumps(content))
        if not self.path.is_file():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return
        found = json.loads(self.path.read_text())
        if found["configuration"] != self._content["configuration"]:
            raise FileExistsError(
                f"{self.path} is of other settings. Choose another: "
                "--run-folder FOLDER."
            )
        self._content = found

    def __getitem__(self, training):
        return self._content[self._kept_as][_key(training)]

    def train_missing(self, trainings, train, in_words):
        """Makes the results that are not there, and says how far that is.

        Args:
            trainings: a list of trainings.
            train: from a training to its result, which JSON can hold.
            in_words: from a result to words.
        """
        kept = self._content[self._kept_as]
        left = [one for one in trainings if _key(one) not in kept]
        began = time.monotonic()
        for done, training in enumerate(left, start=1):
            kept[_key(training)] = result = train(training)
            files.write_json(self.path, self._content)
            seconds = (time.monotonic() - began) * (len(left) - done) / done
            *names, seed = training
            print(
                f"{done} of {len(left)}: {', '.join(names)}, seed {seed}: "
                f"{in_words(result)}, {time_in_words(seconds)} left",
                flush=True,
            )


def _key(training):
    return "; ".join(map(str, training))


def with_seed(configuration, seed):
    """Returns a configuration whose seed is as much higher."""
    training = dataclasses.replace(
        configuration.training, seed=configuration.training.seed + seed
    )
    return dataclasses.replace(configuration, training=training)


def mean_and_spread(shares):
    """Returns the mean of shares and their standard deviation, as text."""
    mean, spread = statistics.mean(shares), statistics.stdev(shares)
    return f"{mean:.2%} ± {100 * spread:.2f}"
