"""Functional Keras models of the published systems."""

from keras_perceiver.models.language import language as language
from keras_perceiver.models.presets import Preset as Preset
from keras_perceiver.models.presets import from_preset as from_preset
from keras_perceiver.models.presets import presets as presets
