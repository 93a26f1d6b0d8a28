"""What a model attends to, from the forward pass that answers."""

import keras
import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.convert import load_pretrained
from keras_perceiver.convert import save_pretrained
from keras_perceiver.layers import PerceiverResampler
from keras_perceiver.layers import SelfAttention
from keras_perceiver.models import entity_encoder
from keras_perceiver.models import with_attention_scores
from tests import float64_reference
from tests.float64_reference import assert_near
from tests.float64_reference import part
from tests.models import test_entity_encoder
from tests.models import test_language
from tests.models.test_language import INPUTS
from tests.models.test_language import PADDING_MASK
from tests.models.test_language import TOKEN_IDS
from tests.random_values import random_array
from tests.random_values import randomize
from tests.random_values import weight_values
from tests.scored_answers import assert_same_answer

LAYERS = [
    "encoder_cross_attention",
    "self_attention_0",
    "self_attention_1",
    "decoder_cross_attention",
]


def reference_scores(weights):
    """Of the tiny language model: those of every layer at every call."""
    scores = {name: [] for name in LAYERS}

    def attend(name, queries, inputs, **settings):
        weights_of = part(weights, name)
        scores[name].append(
            float64_reference.cross_attention_scores(
                weights_of, queries, inputs, **settings
            )
        )
        return float64_reference.cross_attention(
            weights_of, queries, inputs, **settings
        )

    tokens = weights["token_embedding/embeddings"][TOKEN_IDS]
    latents = attend(
        "encoder_cross_attention",
        weights["latents/array"][None],
        tokens + weights["input_positions/array"],
        num_heads=2,
        input_mask=PADDING_MASK,
    )
    for name in ("self_attention_0", "self_attention_1") * 2:
        scores[name].append(
            float64_reference.self_attention_scores(
                part(weights, name), latents, num_heads=3
            )
        )
        latents = float64_reference.self_attention(
            part(weights, name), latents, num_heads=3
        )
    attend(
        "decoder_cross_attention",
        weights["output_queries/array"][None],
        latents,
        num_heads=4,
        query_mask=PADDING_MASK,
    )
    return scores


def test_every_call_of_every_layer_gives_its_scores():
    """Shared blocks are one layer that is called twice."""
    model = test_language.tiny()
    answer = with_attention_scores(model, LAYERS)(INPUTS)
    expected = reference_scores(weight_values(model))
    assert set(answer) == {"output", "attention_scores"}
    scores = answer["attention_scores"]
    assert list(scores) == LAYERS
    assert [len(scores[name]) for name in LAYERS] == [1, 2, 2, 1]
    for name in LAYERS:
        for call, wanted in zip(scores[name], expected[name], strict=True):
            assert_near(call, wanted)
    assert_same_answer(answer["output"], model(INPUTS))


def test_padded_tokens_are_not_read_and_padded_queries_do_not_read():
    seeing = with_attention_scores(test_language.tiny(), LAYERS)
    scores = seeing(INPUTS)["attention_scores"]
    read = np.array(scores["encoder_cross_attention"][0])
    read = read.transpose(0, 3, 1, 2)
    np.testing.assert_array_equal(read[~PADDING_MASK], 0)
    assert (read[PADDING_MASK] > 0).all()
    written = np.array(scores["decoder_cross_attention"][0]).sum(-1)
    np.testing.assert_allclose(
        written, np.broadcast_to(PADDING_MASK[:, None], (3, 4, 9)), rtol=1e-6
    )


def test_there_is_one_forward_pass():
    """Each layer runs as often as in the model alone."""
    model, calls = test_language.tiny(), []
    for name in LAYERS:
        layer = model.get_layer(name)
        original = layer.attention.call

        def counted(*args, original=original, name=name, **kwargs):
            calls.append(name)
            return original(*args, **kwargs)

        layer.attention.call = counted
    seeing = with_attention_scores(model, LAYERS)
    calls.clear()
    seeing(INPUTS)
    assert sorted(calls) == sorted([*LAYERS, *LAYERS[1:3]])


def test_weights_and_inputs_are_the_model_s_own():
    model = test_language.tiny()
    seeing = with_attention_scores(model, LAYERS[:1])
    assert {id(weight) for weight in seeing.weights} == {
        id(weight) for weight in model.weights
    }
    assert seeing.input.keys() == model.input.keys()
    assert seeing.input["padding_mask"].dtype == "bool"
    before = np.array(seeing(INPUTS)["attention_scores"][LAYERS[0]][0])
    model.get_layer("latents").array.assign(np.zeros((5, 24)))
    after = seeing(INPUTS)
    assert np.abs(after["attention_scores"][LAYERS[0]][0] - before).max() > 0.01
    assert_same_answer(after["output"], model(INPUTS))


def test_the_model_stays_as_it_was(tmp_path):
    model = test_language.tiny()
    names = [layer.name for layer in model.layers]
    expected = np.array(model(INPUTS))
    model.compile("sgd", "mse")
    seeing = with_attention_scores(model, LAYERS)
    assert not seeing.compiled
    assert [layer.name for layer in model.layers] == names
    np.testing.assert_array_equal(model(INPUTS), expected)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(INPUTS), expected)
    again = with_attention_scores(loaded, LAYERS)(INPUTS)
    assert_same_answer(again["output"], expected)


def test_views_give_scores_too():
    model = test_language.tiny()
    latents = model.encode(INPUTS)
    encode = with_attention_scores(model.encode, LAYERS[:3])
    assert_same_answer(encode(INPUTS)["output"], latents)
    decode = with_attention_scores(model.decode, LAYERS[3:])
    indices = keras.ops.convert_to_tensor([[8, 0], [5, 1], [0, 0]], "int32")
    rows = decode({"latents": latents, "token_indices": indices})
    whole = with_attention_scores(model, LAYERS[3:])(INPUTS)
    (rows,) = rows["attention_scores"]["decoder_cross_attention"]
    (whole,) = whole["attention_scores"]["decoder_cross_attention"]
    for place, index in np.ndenumerate(np.array(indices)):
        b, o = place
        assert_near(rows[b, :, o], whole[b, :, index], 1e-6)


def test_after_loading_from_a_folder(tmp_path):
    model = from_preset("language_bytes", **test_language.TINY)
    randomize(model)
    save_pretrained(model, tmp_path)
    loaded = load_pretrained(tmp_path)
    answers = [
        with_attention_scores(one, LAYERS)(INPUTS) for one in (model, loaded)
    ]
    keras.tree.map_structure(np.testing.assert_array_equal, *answers)


def test_one_name_may_stand_alone():
    model = test_language.tiny()
    answers = [
        with_attention_scores(model, names)(INPUTS)
        for names in (LAYERS[0], LAYERS[:1])
    ]
    keras.tree.map_structure(np.testing.assert_array_equal, *answers)


def test_dictionaries_of_outputs_stay_dictionaries():
    model = entity_encoder(**test_entity_encoder.TINY)
    randomize(model)
    inputs = test_entity_encoder.INPUTS
    answer = with_attention_scores(model, LAYERS[:1])(inputs)
    keras.tree.map_structure(
        assert_same_answer, answer["output"], model(inputs)
    )


def test_scores_survive_predict_and_a_keras_file(tmp_path):
    # In float32 a graph joins products with their GELU, and rounds once less.
    model = test_language.tiny(dtype="float64")
    seeing = with_attention_scores(model, LAYERS)
    expected = seeing(INPUTS)
    predicted = seeing.predict(INPUTS, batch_size=2, verbose=0)
    keras.tree.map_structure(
        lambda a, b: assert_near(a, b, 1e-6), predicted, expected
    )
    seeing.save(tmp_path / "seeing.keras")
    loaded = keras.saving.load_model(tmp_path / "seeing.keras")
    keras.tree.map_structure(
        np.testing.assert_array_equal, loaded(INPUTS), expected
    )


def test_mixed_precision_keeps_the_logits_in_float32():
    model = test_language.tiny(dtype="mixed_bfloat16")
    answer = with_attention_scores(model, LAYERS[:1])(INPUTS)
    assert answer["output"].dtype == "float32"
    (scores,) = answer["attention_scores"]["encoder_cross_attention"]
    assert scores.dtype == "bfloat16"


def test_a_sequential_model_of_our_layers():
    layer = PerceiverResampler(3, 8, num_self_attends=1, name="resampler")
    inputs = random_array(2, 5, 4)
    model = keras.Sequential([keras.Input((5, 4)), layer])
    answer = with_attention_scores(model, ["resampler"])(inputs)
    assert_same_answer(answer["output"], model(inputs))
    ((first, second),) = answer["attention_scores"]["resampler"]
    assert first.shape == second.shape == (2, 1, 3, 5)


def test_a_model_with_keras_s_own_attention():
    inputs = keras.Input((5, 4))
    layer = keras.layers.MultiHeadAttention(2, 3, name="theirs")
    output, scores = layer(inputs, inputs, return_attention_scores=True)
    output = SelfAttention(2, name="ours")(output)
    model = keras.Model(inputs, [output, scores])
    given = random_array(2, 5, 4)
    answer = with_attention_scores(model, ["theirs", "ours"])(given)
    keras.tree.map_structure(assert_same_answer, answer["output"], model(given))
    np.testing.assert_array_equal(
        answer["attention_scores"]["theirs"][0], answer["output"][1]
    )
    assert answer["attention_scores"]["ours"][0].shape == (2, 2, 5, 5)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["encoder_attention"], ["Did you mean 'encoder_cross_attention'"]),
        (["self_attention_9"], ["'self_attention_9'", "Did you mean"]),
        (["logits"], ["'logits'", "Valid: ", "self_attention_1"]),
    ],
)
def test_unknown_names_name_the_nearest(names, words):
    model = test_language.tiny()
    with pytest.raises(ValueError, match="Unknown attention layer") as error:
        with_attention_scores(model, names)
    for word in ["'language'", *words]:
        assert word in str(error.value)


def test_other_kinds_of_model_are_refused():
    class Custom(keras.Model):
        pass

    unbuilt = keras.Sequential([SelfAttention(2, name="attention")])
    for model in (Custom(), unbuilt):
        with pytest.raises(ValueError, match="need a functional model"):
            with_attention_scores(model, ["attention"])
