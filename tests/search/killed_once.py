"""A search of which one process is killed, once, while trial 2 is trained.

python -m tests.search.killed_once FOLDER worker|chief
"""

import os
import pathlib
import signal
import sys
import time

from keras_perceiver.search import roles
from tests.search import searches


def main(folder, victim):
    killed = folder / "killed"
    chief = folder / "chief.pid"
    if roles.is_chief():
        chief.write_text(str(os.getpid()))

    def train(trial):
        if trial.name.endswith("2") and not killed.exists():
            killed.write_text(os.environ[roles.TUNER_VARIABLE])
            is_own = victim == "worker"
            pid = os.getpid() if is_own else int(chief.read_text())
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        return searches.value_of(trial)

    searches.run(folder, train)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2])
