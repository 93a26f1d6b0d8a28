"""The latent size, searched for under a budget."""

from keras_perceiver import errors

errors.import_extra("keras_tuner", "search")

from keras_perceiver.search.search import Found as Found  # noqa: E402
from keras_perceiver.search.search import found_in as found_in  # noqa: E402
from keras_perceiver.search.search import search as search  # noqa: E402
from keras_perceiver.search.space import Between as Between  # noqa: E402
from keras_perceiver.search.space import space_around as space_around  # noqa: E402
from keras_perceiver.search.template import Template as Template  # noqa: E402
from keras_perceiver.search.template import own_template as own_template  # noqa: E402
from keras_perceiver.search.template import preset_template as preset_template  # noqa: E402
from keras_perceiver.search.trial import Trial as Trial  # noqa: E402
