"""What a recipe is: the parts that the one runner puts together."""

import dataclasses
import importlib
import pathlib
import pkgutil
from collections.abc import Callable

import keras_perceiver.errors
from keras_perceiver.training import strategies


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How one published system is trained.

    Attributes:
        name: as the command line takes it.
        summary: one line on what it trains.
        configurations: by name; `tiny` runs on a laptop in minutes, `base` on
            one GPU, `paper` is the published one.
        expectations: for each configuration, hardware and time in words.
        open_data: from a configuration to its data; see `RecipeData`.
        compile_arguments: from a configuration to `loss`,
            `weighted_metrics` and the like for `compile`.
        metric: the held-out metric that decides which checkpoint is best
            (less is better).
        other_metrics: names of more metrics in which baselines are to be
            beaten (less is better).
        columns: of the table of results, by title: from a row of metrics to
            a cell.
        column_of: the titles of columns that show metrics of other names.
        make_task: from a model to its raw-in, raw-out task.
        sample: from a task and the data to sample outputs: a text, or the
            bytes of a PNG.
        answer: from a task and the words of `predict` to a text.
        request: words that `predict` could be asked, for the help text.
        prepare_model: called with a fresh model and the data before training,
            for starting values that depend on the data.
        prepare_head: the same where `--from` gives the weights, with the names
            of the layers that begin anew.
        check_model: called with a configuration; raises `ValueError` for a
            model whose size can be told, and that cannot be built or that
            `prepare_model` cannot start.
        preprocessing: from the data to what is kept beside the weights, such
            as the names of classes.
        check_start: from the data and the preprocessing that lies beside
            the weights of `--from`: raises `ValueError` where the two do not
            belong together.
        measure: from a model and the data to its held-out metrics by name,
            None where one has no value; where `evaluate` measures more than
            training watches.
        head: names of the task's own layers, or patterns such as `*_logits`:
            they begin anew where `--from` lacks them or has them in another
            size.
        unused: names of layers of `--from`, or patterns, that the model may
            do without.
        break_down: from a run folder, a model, the data and the name of a
            column or None to lines for people: the held-out results by group.
        trained_output: from the outputs of a model that has several to the
            one that is trained; None to train all of them.
        robustness: what `evaluate --robustness` changes inputs by, a
            `recipes.robustness.Robustness`; None where nothing is known.
        complete: from a configuration to one whose model fits its data, as
            far as the settings leave that open.
        studies: by name, what compares several trainings: from the recipe, a
            configuration and a path to lines for people.
        studies_from: names of studies that take what `--from` names as a
            fourth argument, or None.
    """

    name: str
    summary: str
    configurations: dict
    expectations: dict
    open_data: Callable
    compile_arguments: Callable
    metric: str
    columns: dict
    make_task: Callable
    sample: Callable
    answer: Callable
    request: str
    other_metrics: tuple[str, ...] = ()
    column_of: dict = dataclasses.field(default_factory=dict)
    prepare_model: Callable | None = None
    prepare_head: Callable | None = None
    check_model: Callable | None = None
    preprocessing: Callable | None = None
    check_start: Callable | None = None
    measure: Callable | None = None
    head: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    break_down: Callable | None = None
    trained_output: Callable | None = None
    robustness: object | None = None
    complete: Callable | None = None
    studies: dict = dataclasses.field(default_factory=dict)
    studies_from: tuple[str, ...] = ()

    def configuration(self, name):
        """Returns the configuration of that name, or names the nearest."""
        if name not in self.configurations:
            raise keras_perceiver.errors.unknown(
                f"configuration of {self.name}:", name, self.configurations
            )
        return self.configurations[name]


class RecipeData:
    """What the runner asks of a recipe's data; recipes fill it in.

    Attributes:
        class_names: list of strings, in the order of the classes' numbers; a
            dictionary of such lists by task where there are several; None
            where nothing is classified.
    """

    class_names = None

    def describe(self):
        """Returns lines for people: what it is, how much, how it is split."""
        raise NotImplementedError

    def record(self):
        """Returns JSON that identifies the data: source, size, hash."""
        raise NotImplementedError

    def prepare(self):
        """Downloads or converts what training reads."""
        raise NotImplementedError

    def training_dataset(self, first_example, share=strategies.WHOLE):
        """Returns endless batches, the first beginning at that example.

        Args:
            first_example: a multiple of the batch size.
            share: the `Share` of each batch that is wanted.
        """
        raise NotImplementedError

    def evaluation_dataset(self):
        """Returns the held-out batches, the same ones every time."""
        raise NotImplementedError

    def baselines(self):
        """Returns `{name: {metric: value, ..., "kind", "description"}}`."""
        raise NotImplementedError

    def callbacks(self, folder):
        """Returns Keras callbacks that watch over the data while training.

        Args:
            folder: the `RunFolder`, or None where another process writes it.
        """
        return []


def recipe_names():
    """Returns the names of all recipes."""
    folder = pathlib.Path(__file__).parent
    return sorted(
        module.name
        for module in pkgutil.iter_modules([str(folder)])
        if module.ispkg
    )


def find_recipe(name):
    """Returns the `Recipe` of that name, or says which name is nearest."""
    names = recipe_names()
    if name not in names:
        raise keras_perceiver.errors.unknown("recipe", name, names)
    return importlib.import_module(f"recipes.{name}").RECIPE
