"""Where a task's model looks, drawn in one call."""

import numpy as np
import tensorflow as tf

from keras_perceiver.data import image_files
from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.models.attention_scores import with_attention_scores
from keras_perceiver.tasks import mask_markup
from keras_perceiver.tasks.task import call
from keras_perceiver.visualization import attention_pictures
from keras_perceiver.visualization.attention_pictures import through_latents

ENCODER = "encoder_cross_attention"
DECODER = "decoder_cross_attention"
_BLANK = "_"


def draw_image_attention(task, image):
    """Draws where a classifier's latents and its answer look in an image.

    Args:
        task: a `ClassifyImage`, of a model with one cross-attention in its
            encoder: the original Perceiver has several.
        image: as the task takes one.

    Returns:
        The bytes of a PNG: the image as the model sees it, what the answer
        reads (what all latents do, where the model takes their mean), and
        the latents that look most sharply.

    Raises:
        ValueError: if the image is not one, or the model has no such
            attention.
    """
    [prediction] = task([image])
    encoded = image_files.image_bytes(image, task.max_pixels)
    pixels, inputs, _ = task.model_inputs(tf.constant([encoded]))
    scores = _scores(task.model, {"images": inputs})
    read = None
    if DECODER in scores:
        [read] = through_latents(scores[ENCODER], scores[DECODER])
    chance = prediction.probabilities[0]
    return attention_pictures.draw_over_image(
        pixels[0].numpy(),
        scores[ENCODER],
        read,
        title=f"taken for {prediction.label}, {chance:.0%}",
    )


def draw_text_attention(task, text):
    """Draws what the answer to each mask of a text reads.

    Args:
        task: a `FillMask`.
        text: `str` or `bytes`, with masks.

    Returns:
        The bytes of a PNG: for each masked byte the text, its masks as `_`,
        with the bytes marked that are read for it.

    Raises:
        ValueError: if the text has no mask, too many, or is too long.
    """
    filled = task(text)
    token_ids, padding_mask, num_tokens = mask_markup.read_masks(
        tf.constant([text]), task.max_length
    )
    scores = _scores(
        task.model, {"token_ids": token_ids, "padding_mask": padding_mask}
    )
    length = min(int(num_tokens[0]), task.max_length)
    read = through_latents(
        scores[ENCODER], scores[DECODER][:, filled.mask_positions]
    )
    titles = [
        f"byte {place}: {best[0].decode(errors='replace')!r} {chances[0]:.0%}"
        for place, best, chances in zip(
            filled.mask_positions,
            filled.top_bytes,
            filled.top_probabilities,
            strict=True,
        )
    ]
    letters = _letters(token_ids[0, :length].numpy())
    return attention_pictures.draw_over_text(letters, read[:, :length], titles)


def _scores(model, inputs):
    """Scores `(H, O, M)` of the one example, by layer."""
    names = [ENCODER]
    if any(layer.name == DECODER for layer in model.layers):
        names.append(DECODER)
    answer = call(with_attention_scores(model, names), inputs)
    return {
        name: np.asarray(of_calls[0][0])
        for name, of_calls in answer["attention_scores"].items()
    }


def _letters(token_ids):
    decode = ByteTokenizer().decode
    return [
        _BLANK
        if token_id == MASK
        else decode([token_id]).decode(errors="replace")
        for token_id in token_ids
    ]
