"""The verb `search`: its options, its processes, and what it leaves behind."""

import contextlib
import pathlib
import sys

from keras_perceiver import files
from recipes.assignments import parse_assignments
from recipes.training_checks import check_adversarial
from recipes.training_checks import check_lora

# Where neither --trials nor --minutes is given.
DEFAULT_MINUTES = 15.0
OPTIONS = (
    "budget",
    "half_flops",
    "equal_flops",
    "tuner",
    "trials",
    "minutes",
    "trial_steps",
    "objective",
    "search_workers",
    "chief",
    "retrain",
    "export_best",
    "overwrite",
)
_SPACE = "space."
_HALF_FLOPS = "flops<=0.5x"
# The paper's latent shapes are within 6% of their mean (table 15).
_EQUAL_FLOPS = "flops>=0.94x,flops<=1.06x"


def add_options(parser):
    """Adds what `search` reads to a recipe's command line."""
    group = parser.add_argument_group("options of search")
    group.add_argument(
        "--budget",
        metavar="LIMITS",
        help="what no trial misses, such as 'latency_ms<20,params<5M'; also "
        "flops and memory; 0.5x is half of the configuration's own",
    )
    group.add_argument(
        "--half-flops",
        action="store_true",
        help=f"as good as the configuration, at half the FLOPs: {_HALF_FLOPS}",
    )
    group.add_argument(
        "--equal-flops",
        action="store_true",
        help=f"the best shape of as many FLOPs: {_EQUAL_FLOPS}",
    )
    group.add_argument(
        "--tuner",
        metavar="NAME",
        help="bayesian, hyperband or random (default: bayesian)",
    )
    group.add_argument(
        "--trials", type=int, metavar="N", help="how many at most"
    )
    group.add_argument(
        "--minutes",
        type=float,
        metavar="M",
        help="after which no trial begins, over all calls (default, without "
        f"--trials: {DEFAULT_MINUTES:g})",
    )
    group.add_argument(
        "--trial-steps",
        type=int,
        metavar="N",
        help="steps of a trial (default: a third of --training.steps)",
    )
    group.add_argument(
        "--objective",
        metavar="METRIC",
        help="held-out metric that decides (default: the recipe's own)",
    )
    group.add_argument(
        "--search-workers",
        type=int,
        metavar="N",
        help="trials at a time on this machine, one device each (default: 1)",
    )
    group.add_argument(
        "--chief",
        metavar="HOST:PORT",
        help="where workers of several machines meet, the same for each; "
        "anyone who reaches the port can speak for a worker",
    )
    group.add_argument(
        "--retrain",
        action="store_true",
        help="train the best shape at full length when the search has ended",
    )
    group.add_argument(
        "--export-best",
        action="store_true",
        help="the same, and export it to saved_models/NAME",
    )


def search(recipe, configuration, folder, options, space):
    """Runs a search, in processes that may die without ending it.

    Args:
        recipe: the `Recipe`.
        configuration: what the search begins with.
        folder: of the search.
        options: of the command line.
        space: what `split_space` returned.
    """
    from keras_perceiver.search import roles

    check_adversarial(recipe, configuration.training)
    # Trials begin with random weights.
    check_lora(configuration.training, has_weights=False)
    if roles.is_child():
        from recipes.latent_search import run_search

        run_search(
            recipe,
            configuration,
            folder,
            _search_options(configuration, options, space),
        )
        return
    _Parent(recipe, configuration, folder, options).run()


def split_space(words):
    """Splits `--space.NAME CHOICES` from the settings.

    Args:
        words: that `argparse` did not know.

    Returns:
        The assignments of settings, and a dictionary of texts by name.
    """
    assignments, space = [], {}
    for key, text in parse_assignments(words):
        name = key.replace("-", "_")
        if name.startswith(_SPACE):
            space[name.removeprefix(_SPACE)] = text
        else:
            assignments.append((key, text))
    return assignments, space


def _search_options(configuration, options, space):
    from keras_perceiver.search import space as spaces
    from recipes.latent_search import SearchOptions
    from recipes.settings import resolved

    known = {
        **resolved(configuration.model),
        spaces.LEARNING_RATE: configuration.optimizer.learning_rate,
    }
    limits = [options.budget] if options.budget else []
    limits += [_HALF_FLOPS] * options.half_flops
    limits += [_EQUAL_FLOPS] * options.equal_flops
    minutes = options.minutes
    if minutes is None and options.trials is None:
        minutes = DEFAULT_MINUTES
    return SearchOptions(
        budget=",".join(limits),
        tuner=options.tuner or "bayesian",
        trials=options.trials,
        minutes=minutes,
        trial_steps=options.trial_steps,
        objective=options.objective,
        space={
            name: spaces.read_choices(name, text, known.get(name))
            for name, text in space.items()
        },
    )


class _Parent:
    """The process that starts the others, and reports when they have ended."""

    def __init__(self, recipe, configuration, folder, options):
        self.recipe = recipe
        self.configuration = configuration
        self.folder = folder
        self.options = options

    def run(self):
        from keras_perceiver.search.workers_command import search_workers

        self._make_folder()
        best = search_workers(
            # Each process of the search is this command again.
            [sys.executable, "-m", "recipes", *self.options.words],
            self.folder,
            workers=self._num_workers(),
            chief=self.options.chief,
            trials=self.options.trials,
            minutes=self.options.minutes,
        )
        if best and (self.options.retrain or self.options.export_best):
            self._retrain(best)

    def _num_workers(self):
        # 0 is refused further on, and not taken for one.
        given = self.options.search_workers
        return 1 if given is None else given

    def _make_folder(self):
        from keras_perceiver.search.chief_address import is_elsewhere
        from keras_perceiver.search.settings import FILE

        if is_elsewhere(self.options.chief):
            # The same command there makes it.
            return
        if self.options.overwrite and self.folder.exists():
            self._empty(FILE)
        self.folder.mkdir(parents=True, exist_ok=True)

    def _empty(self, settings_file):
        from keras_perceiver.training.run_lock import RunLock

        is_search = (self.folder / settings_file).is_file()
        if not is_search and any(self.folder.iterdir()):
            raise ValueError(
                f"{self.folder} is not empty and holds no search, so "
                "--overwrite leaves it alone. Choose another: "
                "--run-folder FOLDER."
            )
        # Raises while another process searches here.
        with contextlib.closing(RunLock(self.folder / ".lock")) as lock:
            lock.take()
            files.empty(self.folder, keep=lock.path)

    def _retrain(self, best):
        from keras_perceiver.training.run_folder import RunFolder
        from recipes import runner
        from recipes.latent_search import with_choices

        path = self.folder / f"trial_{best['trial']}"
        configuration = with_choices(self.configuration, best)
        print(f"\ntraining the best shape at full length: {path}\n")
        # One that was stopped goes on; one that is finished is kept.
        if not RunFolder(path).is_finished(configuration.training.steps):
            runner.train(self.recipe, configuration, path)
        if self.options.export_best:
            base = pathlib.Path("saved_models") / self.recipe.name
            runner.export(self.recipe, path, base)
        else:
            print(
                f"\nexport it: python -m recipes {self.recipe.name} export "
                f"--run-folder {path}"
            )
