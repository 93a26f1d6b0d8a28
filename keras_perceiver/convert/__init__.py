"""Weights on disk: our own folders, and DeepMind's and Hugging Face's."""

from keras_perceiver.convert.checkpoint import (
    load_checkpoint as load_checkpoint,
)
from keras_perceiver.convert.describe import (
    read_huggingface_config as read_huggingface_config,
)
from keras_perceiver.convert.pretrained import (
    load_pretrained as load_pretrained,
)
from keras_perceiver.convert.pretrained import (
    save_pretrained as save_pretrained,
)
