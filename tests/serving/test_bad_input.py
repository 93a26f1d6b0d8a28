"""What exports answer to what is no request of theirs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_perceiver.serving.runtime.library import TensorFlowError
from keras_perceiver.serving.runtime.saved_model import SavedModel
from keras_perceiver.serving.signatures import signatures_of
from keras_perceiver.tasks import ClassifyImage
from keras_perceiver.tasks import ClassifyText
from keras_perceiver.tasks import EncodeEntities
from keras_perceiver.tasks import EstimateFlow
from keras_perceiver.tasks import TagAudio
from tests.image_samples import encoded
from tests.image_samples import noise
from tests.serving.bad_requests import BAD_ROWS
from tests.serving.bad_requests import BAD_SHAPES
from tests.serving.bad_requests import GOOD
from tests.tiny_tasks import EVERY_TASK
from tests.tiny_tasks import colour_classifier
from tests.tiny_tasks import tiny_entities
from tests.tiny_tasks import tiny_flow
from tests.tiny_tasks import tiny_tagger
from tests.tiny_tasks import tiny_text_classifier
from tests.tiny_tasks import written_flow

INVALID_ARGUMENT = 3
RNG = np.random.default_rng(1)
TASKS = {
    "AutoencodeClip": EVERY_TASK["AutoencodeClip"],
    "ClassifyImage": lambda: ClassifyImage(
        colour_classifier(), max_pixels=5000
    ),
    "ClassifyPoints": EVERY_TASK["ClassifyPoints"],
    "ClassifyText": lambda: ClassifyText(tiny_text_classifier(), "entailment"),
    "EncodeEntities": lambda: EncodeEntities(tiny_entities()),
    "EstimateFlow": lambda: EstimateFlow(written_flow(8, 8), max_pixels=5000),
    "TagAudio": lambda: TagAudio(tiny_tagger()),
}
VIEWS = {"AutoencodeClip": ["decode"], "ClassifyPoints": ["tensors"]}


def save(task, path, *views):
    """What is tested of an export, which holds more and takes longer."""
    archive = keras.export.ExportArchive()
    signatures = signatures_of(task)
    for name in ("serving_default", *views):
        specs = list(signatures[name].specs)
        archive.add_endpoint(name, signatures[name].function, specs)
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    archive.write_out(str(path), options=options, verbose=False)


@pytest.fixture(scope="module")
def models(task, tmp_path_factory):
    """Every task as a server runs it, without Python's TensorFlow."""
    base = tmp_path_factory.mktemp("exports")
    save(task, base / "FillMask", "encode", "decode")
    for name, make in TASKS.items():
        save(make(), base / name, *VIEWS.get(name, ()))
    loaded = {name: SavedModel(base / name) for name in GOOD}
    yield loaded
    for model in loaded.values():
        model.close()


@pytest.fixture(scope="module")
def answers(models):
    """To the good requests, before there was any bad one."""
    return {
        name: models[name].run("serving_default", request)
        for name, request in GOOD.items()
    }


def refusal(model, signature, request):
    """What a client is told; the error is one of its own."""
    with pytest.raises(TensorFlowError) as error:
        model.run(signature, request)
    assert error.value.code == INVALID_ARGUMENT
    return str(error.value)


def assert_equal(came, wanted):
    assert came.keys() == wanted.keys()
    for name, array in wanted.items():
        np.testing.assert_array_equal(came[name], array, name)


@pytest.mark.parametrize(("name", "bad", "said"), [*BAD_ROWS, *BAD_SHAPES])
def test_a_bad_request_is_told_and_the_next_is_answered(
    models, answers, name, bad, said
):
    message = refusal(models[name], "serving_default", {**GOOD[name], **bad})
    # As TensorFlow writes it in an Assert.
    assert said in message.replace("\\'", "'")
    again = models[name].run("serving_default", GOOD[name])
    assert_equal(again, answers[name])


@pytest.mark.parametrize("name", GOOD)
def test_good_requests_have_no_problem(answers, name):
    assert answers[name]["problem_bytes"].tolist() == [b""]


# Clouds of a batch are of one length, so that none of them has no points.
MIXED = [
    (name, bad, said)
    for name, bad, said in BAD_ROWS
    if "points" not in bad or bad["points"].shape[1]
]


@pytest.mark.parametrize(("name", "bad", "said"), MIXED)
def test_a_bad_row_fails_no_other(models, answers, name, bad, said):
    """As a server merges them, which were strangers'."""
    request = {
        # Lists of bytes, which numpy would cut.
        key: [*good, *bad.get(key, good), *good]
        for key, good in GOOD[name].items()
    }
    together = models[name].run("serving_default", request)
    for key, array in answers[name].items():
        for row in (0, 2):
            if array.dtype == np.float32:
                np.testing.assert_allclose(
                    together[key][row], array[0], rtol=1e-5, atol=1e-5
                )
            else:
                np.testing.assert_array_equal(together[key][row], array[0])
    assert said in together.pop("problem_bytes")[1].decode()
    for key, array in together.items():
        nothing = b"" if array.dtype == object else 0
        nothing = -1 if key == "mask_positions" else nothing
        assert np.all(array[1] == nothing)


@pytest.mark.parametrize("name", GOOD)
def test_no_rows_are_no_error(models, name):
    request = {key: np.array(rows)[:0] for key, rows in GOOD[name].items()}
    for array in models[name].run("serving_default", request).values():
        assert len(array) == 0


def test_the_first_rows_are_told_of_many(models):
    texts = [b"none", b"x" * 50, b"", b"", b""]
    said = refusal(models["FillMask"], "serving_default", {"text_bytes": texts})
    for row in ("row 1 of 5: the text has no", "row 2 of 5: the text takes 50"):
        assert row in said
    assert "row 3 of 5" in said
    assert "row 4 of 5" not in said
    assert "More rows with a problem: 2" in said


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_one_pixel_is_an_image(models, form):
    pixel = encoded(noise(1, 1), form)
    found = models["ClassifyImage"].run(
        "serving_default", {"image_bytes": [pixel]}
    )
    assert found["problem_bytes"].tolist() == [b""]
    assert found["label_bytes"][0, 0] in (b"0", b"1", b"2")
    request = {key: [pixel] for key in GOOD["EstimateFlow"]}
    found = models["EstimateFlow"].run("serving_default", request)
    # Tag, width, height and one motion.
    assert len(found["flow_bytes"][0]) == 12 + 8


TOKENS = {
    "token_ids": np.full((1, 32), 7),
    "padding_mask": np.arange(32)[None] < 20,
}


@pytest.mark.parametrize("token", [262, 2**31 - 1, -1, -(2**31)])
def test_what_is_no_token_is_told(models, token):
    model = models["FillMask"]
    expected = model.run("encode", TOKENS)
    both = {key: np.concatenate([rows] * 2) for key, rows in TOKENS.items()}
    both["token_ids"][1, 30] = token
    bad = {key: rows[1:] for key, rows in both.items()}
    said = refusal(model, "encode", bad)
    assert f"token_ids holds {token}, and takes numbers from 0 to 261." in said
    for name, array in model.run("encode", both).items():
        np.testing.assert_allclose(array[0], expected[name][0], atol=1e-4)
        assert np.isnan(array[1]).all()


@pytest.mark.parametrize(
    ("name", "index", "count"),
    [
        ("FillMask", "token_indices", 32),
        ("AutoencodeClip", "video_indices", 128),
        ("AutoencodeClip", "audio_indices", 12),
    ],
)
def test_what_is_no_index_is_told(models, name, index, count):
    model = models[name]
    signature = model.signatures["decode"]
    latents = [
        size.size for size in signature.inputs["latents"].tensor_shape.dim
    ]
    request = {key: np.array([[0, 3, 1]]) for key in signature.inputs}
    request["latents"] = RNG.normal(size=(1, *latents[1:]))
    request[index] = np.array([[0, count - 1]])
    expected = model.run("decode", request)
    assert all(np.isfinite(array).all() for array in expected.values())
    for wrong in (count, -1, 2**31 - 1):
        bad = {**request, index: np.array([[wrong, 0]])}
        said = refusal(model, "decode", bad)
        wanted = f"{index} holds {wrong}, and takes numbers from 0 to"
        assert f"{wanted} {count - 1}." in said
        both = {
            key: np.concatenate([request[key], bad[key]]) for key in request
        }
        for key, array in model.run("decode", both).items():
            np.testing.assert_allclose(
                array[0], expected[key][0], rtol=1e-4, atol=1e-4
            )
            assert np.isnan(array[1]).all()


def test_what_is_no_pixel_is_told():
    decode = signatures_of(EstimateFlow(tiny_flow()))["decode"]
    request = {
        spec.name: np.ones([2, *(size or 3 for size in spec.shape[1:])])
        for spec in decode.specs
    }
    request["pixel_indices"][:, 1] = 16 * 24

    def answer():
        return decode.function(
            *(tf.cast(request[spec.name], spec.dtype) for spec in decode.specs)
        )["flow"].numpy()

    said = "pixel_indices holds 384, and takes numbers from 0 to 383."
    with pytest.raises(tf.errors.InvalidArgumentError, match=said):
        answer()
    request["pixel_indices"][0, 1] = 16 * 24 - 1
    first, second = answer()
    assert np.isfinite(first).all()
    assert np.isnan(second).all()


def test_a_wrong_shape_is_told_of_tensors_too(models):
    said = refusal(
        models["FillMask"],
        "encode",
        {**TOKENS, "padding_mask": TOKENS["padding_mask"][0]},
    )
    assert "padding_mask has the shape (32) and should have (rows, 32)." in said


def test_numbers_of_tensors_are_taken_as_they_are(models):
    """NaN is answered with NaN, in its own row."""
    request = {"points": RNG.normal(size=(2, 12, 3))}
    expected = models["ClassifyPoints"].run("tensors", request)["logits"]
    request["points"][1, 0] = np.nan
    found = models["ClassifyPoints"].run("tensors", request)["logits"]
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-5, atol=1e-5)
    assert np.isnan(found[1]).all()
