"""Every command in the documentation can be read as it stands."""

import re
import shlex

import pytest

from keras_perceiver import commands
from recipes import __main__ as recipes
from recipes import search_command
from recipes.assignments import assign
from recipes.assignments import parse_assignments
from recipes.command_parser import make_parser
from recipes.recipe import find_recipe
from recipes.training_checks import check_settings
from tests.docs.test_site import READ_IN_THE_REPOSITORY
from tests.docs.test_site import ROOT

WITH_SETTINGS = ("prepare", "train", "study", "search")


def written_commands():
    """The commands of all pages: pairs of a page and a line."""
    for page in READ_IN_THE_REPOSITORY:
        text = (ROOT / page).read_text()
        for block in re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith(("python -m recipes ", "keras-perceiver ")):
                    # What a shell does with the output is not ours.
                    command = re.split(r" [>|] ", line)[0]
                    yield page, " ".join(command.split())


COMMANDS = sorted(set(written_commands()))


def read_recipe(words):
    """Reads what follows `python -m recipes`, as that would."""
    recipe = find_recipe(words[0])
    options, rest = make_parser(recipe).parse_known_args(words[1:])
    recipes._check_options(options)
    if options.verb == "study":
        assert rest.pop(0) in recipe.studies
    if options.verb == "search":
        rest, _ = search_command.split_space(rest)
    if options.verb in WITH_SETTINGS or options.start_from:
        rest = rest if options.verb == "search" else parse_assignments(rest)
        configuration = assign(recipe.configuration(options.config), rest)
        check_settings(configuration.training)
    elif options.verb != "predict":
        assert not rest


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_a_command_can_be_read(page, line):
    words = shlex.split(line, comments=True)
    if words[0] == "keras-perceiver":
        commands.make_parser().parse_args(words[1:])
    elif words[3:4] in ([], ["NAME"]):
        assert page == "docs/recipes.md"  # It says how commands look.
    elif words[4:] != ["--help"]:
        read_recipe(words[3:])


def test_a_wrong_command_is_noticed():
    assert len(COMMANDS) > 80
    with pytest.raises(ValueError, match="num-latents"):
        read_recipe(["byte_mlm", "train", "--model.num-latent", "3"])
    with pytest.raises(ValueError, match="a multiple of"):
        read_recipe(["byte_mlm", "train", "--training.steps", "3"])
    with pytest.raises(SystemExit):
        read_recipe(["byte_mlm", "trian"])
