"""Perceiver IO for Keras 3: any input, any output, linear cost in both.

Raw text in and raw text out lives in `keras_perceiver.tasks`, reading text in
`keras_perceiver.data`, training in `keras_perceiver.training`, SavedModels in
`keras_perceiver.serving`; they are imported by name, so that the layers load
fast and without TensorFlow on Keras's JAX backend.
"""

import sys

from keras_perceiver.doctor import is_asked
from keras_perceiver.quiet import quiet_start

# A doctor has to start where Keras does not, and imports it when it knows.
if not is_asked(sys.orig_argv):
    if "keras" not in sys.modules:
        try:
            with quiet_start():
                import keras  # noqa: F401
        except Exception as error:
            error.add_note("What to do about it: keras-perceiver doctor")
            raise

    from keras_perceiver import layers as layers
    from keras_perceiver import models as models
    from keras_perceiver.models import from_preset as from_preset
    from keras_perceiver.models import presets as presets

__version__ = "0.1.0"
