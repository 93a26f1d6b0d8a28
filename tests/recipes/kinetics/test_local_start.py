import numpy as np
import pytest

from keras_perceiver.models import with_attention_scores
from recipes import building
from recipes.kinetics.local_start import start_local
from tests.recipes.kinetics.few_videos import configured

READING, WRITING = "encoder_cross_attention", "decoder_cross_attention"
GRID, PLACES = (3, 4, 4), 40
VIDEO_LATENTS = 48


def built(**overrides):
    return building.build_model(configured({}, **overrides))


@pytest.fixture(scope="module")
def scores():
    """Attention of a started model on noise, by layer, without the batch."""
    model = built()
    start_local(model, GRID, PLACES)
    rng = np.random.default_rng(0)
    answer = with_attention_scores(model, [READING, WRITING])(
        {
            "video": rng.uniform(size=(1, 16, 32, 32, 3)),
            "audio": rng.uniform(-0.5, 0.5, (1, 2_560)),
            "label": np.full((1, 8), np.nan),
            "video_indices": np.arange(16 * 32 * 32)[None],
            "audio_indices": np.arange(PLACES)[None],
        }
    )
    return {
        name: np.asarray(layers[0])[0]
        for name, layers in answer["attention_scores"].items()
    }


def test_latents_of_the_sound_read_the_patch_of_their_place(scores):
    read = scores[READING][:, VIDEO_LATENTS : VIDEO_LATENTS + PLACES, :PLACES]
    # The grid that is read has both ends, so that places lie between patches.
    assert np.mean(steps_off(read.argmax(axis=-1)) <= 1) > 0.95
    assert read.sum(axis=-1).mean() > 0.7


def steps_off(patches):
    """How far patches are from those in order, both ends being alike."""
    off = np.abs(patches - np.arange(PLACES))
    return np.minimum(off, PLACES - off)


def test_latents_of_the_video_read_patches_of_their_place(scores):
    read = scores[READING][:, :VIDEO_LATENTS, PLACES : PLACES + 512]
    read = read.mean(axis=0)
    shares = read / read.sum(axis=-1, keepdims=True)
    shares = shares.reshape(VIDEO_LATENTS, 8, 8, 8)
    centres = np.indices(GRID).reshape(3, VIDEO_LATENTS)
    for axis in range(3):
        others = tuple({1, 2, 3} - {axis + 1})
        middles = shares.sum(axis=others) @ np.arange(8)
        assert np.corrcoef(middles, centres[axis])[0, 1] > 0.7


def test_outputs_take_from_the_latents_near_them(scores):
    write = scores[WRITING][0]
    sound = write[:PLACES]
    own = sound[:, VIDEO_LATENTS : VIDEO_LATENTS + PLACES]
    # The grids of what is read and of what is written differ by a half step.
    assert np.all(steps_off(own.argmax(axis=1)) <= 1)
    video = write[PLACES:-1, :VIDEO_LATENTS].argmax(axis=1)
    places = np.stack(np.unravel_index(video, GRID))
    indices = np.stack(np.unravel_index(np.arange(16 * 32 * 32), (16, 32, 32)))
    for axis in range(3):
        assert np.corrcoef(places[axis], indices[axis])[0, 1] > 0.6


def test_keys_of_reading_and_all_other_layers_stay(scores):
    model = built()
    before = {weight.path: weight.numpy() for weight in model.weights}
    start_local(model, GRID, PLACES)
    changed = {
        weight.path
        for weight in model.weights
        if np.any(weight.numpy() != before[weight.path])
    }
    assert changed == {
        "latents/array",
        f"{READING}/attention/query/kernel",
        f"{WRITING}/attention/query/kernel",
        f"{WRITING}/attention/key/kernel",
    }


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"model__num_latents": 80}, r"88 places, and there are 80 latents"),
        ({"model__latent_dim": 64, "model__v_channels": 64}, "88 Fourier"),
        ({"model__decoder_qk_channels": 32}, "one decoder head"),
        ({"model__num_decoder_heads": 2}, "one decoder head"),
    ],
)
def test_a_model_that_cannot_be_started_so_is_told(overrides, words):
    with pytest.raises(ValueError, match=words):
        start_local(built(**overrides), GRID, PLACES)
