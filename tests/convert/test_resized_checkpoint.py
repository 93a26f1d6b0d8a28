"""Published positions in models of another size."""

import numpy as np

from keras_perceiver.convert import load_checkpoint
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_deepmind_pickle
from tests.convert.refusals import refused


def test_positions_of_another_length_need_the_option(tmp_path, language):
    source = write_deepmind_pickle(tmp_path / "weights", language)
    longer = tiny("language_bytes", max_length=11)
    said = refused(longer, source)
    assert said.count("pass interpolate_positions=True") == 2
    assert "positions (6,) in the file, (11,) in the model" in said
    load_checkpoint(longer, source, interpolate_positions=True)
    old, new = values_of(language), values_of(longer)
    for path in ("input_positions/array", "output_queries/array"):
        # Every second is an old one, those between are means.
        np.testing.assert_allclose(new[path][::2], old[path], atol=1e-6)
        means = (old[path][1:] + old[path][:-1]) / 2
        np.testing.assert_allclose(new[path][1::2], means, atol=1e-6)
    assert new["latents/array"].tolist() == old["latents/array"].tolist()


def test_images_of_another_size_need_the_option(tmp_path):
    model = tiny("imagenet_learned")
    source = write_deepmind_pickle(tmp_path / "weights", model)
    wider = tiny("imagenet_learned", image_shape=(7, 12, 3))
    said = refused(wider, source)
    assert "positions (9, 9) in the file, (7, 12) in the model" in said
    load_checkpoint(wider, source, interpolate_positions=True)
    assert values_of(wider)["input_positions/array"].shape == (84, 6)


def test_the_grid_of_a_table_has_to_be_known(tmp_path):
    model = tiny("imagenet_learned", image_shape=(4, 6, 3))
    source = write_deepmind_pickle(tmp_path / "weights", model)
    square = tiny("imagenet_learned")
    said = refused(square, source, interpolate_positions=True)
    assert "only those of square images can be interpolated" in said


def test_positions_of_another_width_stay_a_difference(tmp_path):
    model = tiny("imagenet_learned", position_dim=7)
    source = write_deepmind_pickle(tmp_path / "weights", model)
    other = tiny("imagenet_learned", image_shape=(7, 12, 3))
    said = refused(other, source, interpolate_positions=True)
    assert "shape (81, 7) in the file, (84, 6) in the model" in said
