import pytest

from keras_perceiver.models.presets import find_preset
from keras_perceiver.search import space as spaces
from keras_perceiver.search.space import Between

ARGUMENTS = {"num_latents": 64, "latent_dim": 128, "image_shape": (8, 8, 3)}


def test_choices_lie_around_a_models_own_numbers():
    space = spaces.space_around(ARGUMENTS, learning_rate=3e-3)
    assert space["num_latents"] == (16, 24, 32, 48, 64, 96)
    assert space["latent_dim"] == (64, 80, 96, 128, 160, 192)
    assert space["learning_rate"] == Between(1e-3, 9e-3)
    assert "image_shape" not in space
    assert spaces.size(space) == 36


def test_what_has_one_value_is_no_choice():
    space = spaces.space_around({"num_latents": 8, "num_blocks": 1})
    assert space["num_blocks"] == (1, 2)
    assert "learning_rate" not in space
    assert spaces.space_around({"num_latents": 1}) == {"num_latents": (1, 2)}


def test_widths_that_follow_others_are_left_alone():
    arguments = {**ARGUMENTS, "qk_channels": None}
    assert "qk_channels" not in spaces.space_around(arguments)


def test_every_preset_with_latents_has_a_space():
    space = spaces.space_around(find_preset("language_bytes").arguments)
    assert set(space) > {"num_latents", "latent_dim", "qk_channels"}
    with pytest.raises(ValueError, match="takes a model with num_latents"):
        spaces.space_around(find_preset("bert_base").arguments)


def test_a_point_is_the_same_for_the_same_key():
    space = spaces.space_around(ARGUMENTS, learning_rate=3e-3)
    points = [spaces.draw(space, f"3/{number}") for number in range(200)]
    assert points[7] == spaces.draw(space, "3/7")
    assert {point["num_latents"] for point in points} == set(
        space["num_latents"]
    )
    rates = sorted(point["learning_rate"] for point in points)
    assert 1e-3 <= rates[0] < 1.1e-3
    assert 8e-3 < rates[-1] <= 9e-3
    # As many below the middle factor as above it.
    assert 2.5e-3 < rates[100] < 3.6e-3


def test_a_near_point_differs_in_a_few_choices():
    space = spaces.space_around(ARGUMENTS, learning_rate=3e-3)
    point = spaces.reference(space, ARGUMENTS, 3e-3)
    assert point == {
        "num_latents": 64,
        "latent_dim": 128,
        "learning_rate": 3e-3,
    }
    near = [spaces.near(space, point, str(number)) for number in range(50)]
    assert all(set(one) == set(point) for one in near)
    assert len({tuple(one.items()) for one in near}) > 25


@pytest.mark.parametrize(
    ("name", "text", "known", "choices"),
    [
        ("num_latents", "16,32", 64, (16, 32)),
        ("qk_channels", "none,64", None, (None, 64)),
        ("learning_rate", "1e-4..1e-2", 1e-3, Between(1e-4, 1e-2)),
        ("learning_rate", "1e-4", 1e-3, (1e-4,)),
    ],
)
def test_choices_are_read(name, text, known, choices):
    assert spaces.read_choices(name, text, known) == choices


@pytest.mark.parametrize("text", ["", "a,b", "1..", None, "1.5"])
def test_what_is_no_choice_is_refused_with_the_right_form(text):
    with pytest.raises(ValueError, match=r"--space\.num-latents takes values"):
        spaces.read_choices("num_latents", text, 64)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({}, "no choices"),
        ({"num_latent": (1, 2)}, "Did you mean 'num_latents'"),
        ({"num_latents": 3}, r"tuple of values or Between.*Received: 3"),
        ({"num_latents": ()}, "tuple of values"),
        ({"learning_rate": Between(1e-2, 1e-3)}, "the lower first"),
        ({"learning_rate": Between(0.0, 1e-3)}, "above 0"),
    ],
)
def test_a_wrong_space_is_refused(space, words):
    with pytest.raises(ValueError, match=words):
        spaces.check_space(space, ARGUMENTS)
