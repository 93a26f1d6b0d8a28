import json

from keras_perceiver.models import from_preset
from keras_perceiver.search import preset_template
from keras_perceiver.search.latency import LatencyCache
from keras_perceiver.tasks import RunModel
from tests import tiny_presets


def test_each_shape_is_measured_once(tmp_path):
    built = []

    def build(**arguments):
        built.append(arguments)
        return from_preset("starcraft_entities", **arguments)

    sizes = tiny_presets.TINY_PRESETS["starcraft_entities"]
    template = preset_template("starcraft_entities", sizes)
    cache = LatencyCache(tmp_path, build, RunModel)
    milliseconds = cache(template.arguments)
    assert 0.01 < milliseconds < 10_000
    # Also by another process, which reads the file.
    again = LatencyCache(tmp_path, build, RunModel)
    assert again(dict(template.arguments)) == milliseconds
    assert built == [template.arguments]
    (entry,) = json.loads((tmp_path / "latency.json").read_text()).values()
    assert entry["milliseconds"] == milliseconds
