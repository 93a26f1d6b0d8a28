"""Where a task's model looks, from the task and what it was asked."""

import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver import tasks
from keras_perceiver.tasks import attention
from keras_perceiver.tasks import mask_markup
from keras_perceiver.visualization import attention_pictures
from tests.tiny_models import tiny_language
from tests.tiny_tasks import tiny_classifier
from tests.visualization.png_pixels import pixels_of

rng = np.random.default_rng(0)
IMAGE = rng.integers(0, 256, (30, 40, 3)).astype("uint8")


@pytest.fixture
def drawn(monkeypatch):
    """What is handed to be drawn, by the name of its function."""
    calls = {}

    def noting(name):
        draw = getattr(attention_pictures, name)

        def note(*arguments, **options):
            calls[name] = (*arguments, *options.values())
            return draw(*arguments, **options)

        return note

    for name in ("draw_over_image", "draw_over_text"):
        monkeypatch.setattr(attention_pictures, name, noting(name))
    return calls


@pytest.fixture(scope="module")
def classify():
    return tasks.ClassifyImage(tiny_classifier())


@pytest.fixture(scope="module")
def fill():
    return tasks.FillMask(tiny_language(), max_masks=4)


def test_an_image_is_drawn_as_the_model_sees_it(classify, drawn):
    png = attention.draw_image_attention(classify, IMAGE)
    assert pixels_of(png).std() > 20
    pixels, scores, read, title = drawn["draw_over_image"]
    crop, _, _ = classify.model_inputs(
        tf.constant([tf.io.encode_png(IMAGE).numpy()])
    )
    np.testing.assert_array_equal(pixels, crop[0])
    # Four latents over 24 x 24 pixels.
    assert scores.shape[1:] == (4, 24 * 24)
    assert read.shape == (24 * 24,)
    assert read.sum() == pytest.approx(1, abs=1e-5)
    assert title.startswith(f"taken for {classify(IMAGE).label}, ")


def test_the_answer_reads_what_its_latents_read(classify, drawn):
    attention.draw_image_attention(classify, IMAGE)
    _, scores, read, _ = drawn["draw_over_image"]
    each = scores.mean(axis=0)
    # A mixture of the latents, in no place above the highest of them.
    assert (read <= each.max(axis=0) + 1e-6).all()
    assert (read >= each.min(axis=0) - 1e-6).all()


def test_each_mask_has_what_is_read_for_it(fill, drawn):
    text = "ab[MASK:2] d[MASK]"
    png = attention.draw_text_attention(fill, text)
    assert pixels_of(png).std() > 5
    letters, read, titles = drawn["draw_over_text"]
    assert "".join(letters) == "ab__ d_"
    assert [title.split(":")[0] for title in titles] == [
        "byte 2", "byte 3", "byte 6"
    ]  # fmt: skip
    assert read.shape == (3, 7)
    # Nothing is read from the padding, which is cut off.
    np.testing.assert_allclose(read.sum(axis=1), 1, atol=1e-5)
    filled = fill(text)
    assert repr(filled.top_bytes[0][0].decode(errors="replace")) in titles[0]


def test_masks_read_by_their_own_scores(fill, drawn):
    text = "ab[MASK:2] d[MASK]"
    attention.draw_text_attention(fill, text)
    _, read, _ = drawn["draw_over_text"]
    ids, mask, _ = mask_markup.read_masks(tf.constant([text]), 32)
    scores = attention._scores(
        fill.model, {"token_ids": ids, "padding_mask": mask}
    )
    for row, place in zip(read, (2, 3, 6), strict=True):
        decoder = scores[attention.DECODER].mean(axis=0)[place]
        encoder = scores[attention.ENCODER].mean(axis=0)
        np.testing.assert_allclose(row, (decoder @ encoder)[:7], rtol=1e-4)


def test_what_the_task_refuses_is_not_drawn(classify, fill):
    with pytest.raises(ValueError, match="Image 1 of 1"):
        attention.draw_image_attention(classify, b"no image")
    with pytest.raises(ValueError, match="the text has no mask"):
        attention.draw_text_attention(fill, "none")
