"""What `python -m recipes` lists."""

from recipes.command_parser import VERBS
from recipes.recipe import find_recipe
from recipes.recipe import recipe_names

_END = """
Without --config it is tiny, whose data need no download. A run that takes two
minutes, and what it learned:
  python -m recipes imagenet train
  python -m recipes imagenet predict photo.jpg

More of one: python -m recipes NAME --help
Whether this machine has all it takes: keras-perceiver doctor"""


def overview():
    """Returns the recipes and configurations, with time and hardware."""
    lines = ["usage: python -m recipes NAME VERB [options] [settings]", ""]
    for name in recipe_names():
        lines += _lines_of(find_recipe(name))
    lines += ["verbs:"]
    lines += [f"  {verb:<9} {text}" for verb, text in VERBS.items()]
    return "\n".join([*lines, _END])


def _lines_of(recipe):
    width = max(map(len, recipe.configurations))
    yield f"{recipe.name}: {recipe.summary}"
    for name, configuration in recipe.configurations.items():
        yield f"  --config {name:<{width}}  {recipe.expectations[name]}"
        training = configuration.training
        yield (
            f"    {configuration.model.preset}, {training.steps:,} steps of "
            f"{training.batch_size:,}, on "
            f"{configuration.data.source or 'what --data names'}"
        )
    yield ""
