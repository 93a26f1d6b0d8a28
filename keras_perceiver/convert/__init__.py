"""Weights on disk: folders that hold a model and move between machines."""

from keras_perceiver.convert.pretrained import (
    load_pretrained as load_pretrained,
)
from keras_perceiver.convert.pretrained import (
    save_pretrained as save_pretrained,
)
