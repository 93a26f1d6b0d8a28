"""Raw in, raw out: one class for each task. Imports TensorFlow."""

from keras_perceiver.tasks.autoencode_clip import (
    AutoencodeClip as AutoencodeClip,
)
from keras_perceiver.tasks.classify_image import ClassifyImage as ClassifyImage
from keras_perceiver.tasks.classify_pieces import (
    ClassifyPieces as ClassifyPieces,
)
from keras_perceiver.tasks.classify_points import (
    ClassifyPoints as ClassifyPoints,
)
from keras_perceiver.tasks.classify_text import ClassifyText as ClassifyText
from keras_perceiver.tasks.encode_entities import (
    EncodeEntities as EncodeEntities,
)
from keras_perceiver.tasks.estimate_flow import EstimateFlow as EstimateFlow
from keras_perceiver.tasks.fill_mask import FillMask as FillMask
from keras_perceiver.tasks.fill_pieces import FillPieces as FillPieces
from keras_perceiver.tasks.run_model import RunModel as RunModel
from keras_perceiver.tasks.tag_audio import TagAudio as TagAudio
