"""Parameters by arithmetic, against models that are built."""

import math

import pytest
from hypothesis import HealthCheck
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from keras_perceiver import from_preset
from keras_perceiver import presets
from keras_perceiver.cost import cost
from tests.cost import configurations
from tests.random_values import without_values


def trainable_parameters(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


@pytest.mark.parametrize("name", presets())
def test_published_models_have_as_many_as_built(name):
    with without_values():
        model = from_preset(name)
    assert cost(name).parameters == trainable_parameters(model)


@pytest.mark.parametrize(
    "builder", configurations.PRESETS, ids=lambda builder: builder.__name__
)
@settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_configuration_has_as_many_as_built(builder, data):
    name = configurations.PRESETS[builder]
    overrides = data.draw(configurations.overrides(builder))
    with without_values():
        model = from_preset(name, **overrides)
    assert cost(name, **overrides).parameters == trainable_parameters(model)
