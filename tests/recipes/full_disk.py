"""The command line on a disk that is full from the sixth step on.

The first word is how many bytes a file may have then, the others are the
command.
"""

import resource
import signal
import sys

from keras_perceiver.training.saver import Saver
from recipes import building
from recipes.__main__ import main

compiled = building.TrainingModel.compile
building.TrainingModel.compile = lambda model, **options: compiled(
    model, **options, run_eagerly=True
)
save = Saver.save


def save_and_fill(saver, progress, **options):
    if progress["step"] == 6:
        saver.wait()
        # Less than a state takes, and more than the tables and the curve.
        limit = (int(sys.argv[1]), resource.RLIM_INFINITY)
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    save(saver, progress, **options)


Saver.save = save_and_fill
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.exit(main(sys.argv[2:]))
