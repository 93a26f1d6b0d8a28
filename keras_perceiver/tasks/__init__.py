"""Raw in, raw out: one class for each task. Imports TensorFlow."""

from keras_perceiver.tasks.fill_mask import FillMask as FillMask
