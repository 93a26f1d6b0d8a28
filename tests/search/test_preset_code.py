import json

import pytest

from keras_perceiver.cost import cost
from keras_perceiver.models.presets import find_preset
from keras_perceiver.search import preset_code
from tests.search.written_records import record
from tests.tiny_presets import TINY_PRESETS


def run(code):
    names = {}
    exec(compile(code, "preset.py", "exec"), names)  # noqa: S102
    return names["model"]


@pytest.mark.parametrize("name", ["language_bytes", "optical_flow"])
def test_the_code_builds_the_model_of_the_record(name):
    arguments = TINY_PRESETS[name]
    trial = record(
        "0003",
        0.5,
        params=cost(name, **arguments).parameters,
        # Tuples are lists in JSON.
        arguments=json.loads(json.dumps(arguments)),
    )
    code = preset_code.preset_code(name, trial, "Trial 0003\nimport os")
    model = run(code)
    assert model.count_params() == trial["cost"]["params"]
    assert model.preset_name == name
    assert model.preset_overrides.items() <= arguments.items()
    # The title stays a comment.
    assert code.startswith("# Trial 0003\\nimport os\n# Learning rate: 0.002\n")
    trial["learning_rate"] = None
    assert "rate" not in preset_code.preset_code(name, trial, "Trial 0003")


def test_only_what_differs_is_written():
    published = json.loads(
        json.dumps(find_preset("optical_flow").arguments, default=str)
    )
    same = {**published, "num_latents": 128, "image_shape": [64, 64, 3]}
    assert preset_code.differences("optical_flow", same) == {
        "num_latents": 128,
        "image_shape": (64, 64, 3),
    }
    assert preset_code.call("optical_flow", published) == (
        'keras_perceiver.from_preset("optical_flow")'
    )


def test_what_is_left_out_is_as_published():
    """Else the code would build another model."""
    for name, arguments in TINY_PRESETS.items():
        written = preset_code.differences(name, arguments)
        published = find_preset(name).arguments
        assert {**published, **written} == {**published, **arguments}


def test_unknown_names_are_errors():
    with pytest.raises(ValueError, match="num_latents"):
        preset_code.differences("language_bytes", {"num_latent": 3})
    with pytest.raises(ValueError, match="language_bytes"):
        preset_code.differences("language_byte", {})
