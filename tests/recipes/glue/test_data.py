"""Batches of many tasks, from tables written by hand."""

import dataclasses
import re

import numpy as np
import pytest

from keras_perceiver import from_preset
from keras_perceiver.data.byte_tokenizer import MASK
from keras_perceiver.data.byte_tokenizer import SEP
from keras_perceiver.data.byte_tokenizer import ByteTokenizer
from keras_perceiver.training.strategies import Share
from recipes import building
from recipes import sentencepiece_mlm
from recipes.assignments import assign
from recipes.glue import RECIPE
from recipes.glue import forms_study
from recipes.glue import start
from recipes.glue.completion import complete
from recipes.settings import resolved
from recipes.start_weights import differing_settings
from tests.documentation import text_of
from tests.random_values import without_values
from tests.recipes.small_run import SMALL_RUN
from tests.vocabularies import small_model

STSB = (
    "index genre filename year old_index source1 source2 sentence1 sentence2 "
)
STSB = "\t".join(f"{STSB}score".split())


def write_glue(folder):
    """SST-2 and STS-B as GLUE's files, a few rows each."""
    for name in ("SST-2", "STS-B"):
        (folder / name).mkdir(parents=True)
    for part, count in {"train": 12, "dev": 4}.items():
        rows = [f"{part} film {i}\t{i % 2}" for i in range(count)]
        text = "\n".join(["sentence\tlabel", *rows])
        (folder / "SST-2" / f"{part}.tsv").write_text(text + "\n")
        rows = [
            "\t".join([str(i), *"abcdef", f"one {i}", f"two {i}", f"{i % 5}.5"])
            for i in range(count // 2)
        ]
        text = "\n".join([STSB, *rows]) + "\n"
        (folder / "STS-B" / f"{part}.tsv").write_text(text)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return write_glue(tmp_path_factory.mktemp("glue"))


def configuration(folder, **settings):
    settings = {
        **SMALL_RUN,
        "data.masking-probability": 0.0,
        "data": str(folder),
        **settings,
    }
    pairs = [(key, str(value)) for key, value in settings.items()]
    return complete(assign(RECIPE.configuration("tiny"), pairs))


def rows_of(dataset, count):
    batches = dataset.take(count).as_numpy_iterator()
    inputs, rows, weights = zip(*batches, strict=True)
    ids = np.concatenate([one["token_ids"] for one in inputs])
    masks = np.concatenate([one["padding_mask"] for one in inputs])
    return ids, masks, np.concatenate(rows), np.concatenate(weights)


def test_heads_are_those_of_the_data(folder):
    model = configuration(folder).model
    assert model.overrides["task_outputs"] == (("sst2", 2), ("stsb", 1))
    model = configuration(folder, **{"data.tasks": "stsb"}).model
    assert model.overrides["task_outputs"] == (("stsb", 1),)


def test_a_batch_mixes_tasks_and_says_which(folder):
    data = RECIPE.open_data(configuration(folder))
    data.check()
    ids, masks, rows, weights = rows_of(data.training_dataset(0), 9)
    assert ids.shape == masks.shape == (36, 32)
    # Eighteen examples an epoch, twelve of them films.
    assert (rows[:18, 0] == 0).sum() == (rows[18:, 0] == 0).sum() == 12
    tokenizer = ByteTokenizer()
    variance = data.texts.training("stsb").targets.var()
    for row_ids, mask, (task, value, split), weight in zip(
        ids, masks, rows, weights, strict=True
    ):
        assert split == 0
        text = row_ids[mask]
        if task == 0:
            number = int(tokenizer.decode(text).split()[-1])
            assert value == number % 2
            assert weight == 1
        else:
            (place,) = np.flatnonzero(text == SEP)
            number = int(tokenizer.decode(text[:place]).split()[-1])
            assert tokenizer.decode(text[place + 1 :]) == b"two %d" % number
            assert value == number % 5 + 0.5
            assert weight == pytest.approx(1 / variance)


def test_examples_go_by_their_number_and_workers_share_them(folder):
    data = RECIPE.open_data(
        configuration(folder, **{"data.masking-probability": 0.5})
    )
    whole = rows_of(data.training_dataset(0), 6)
    for found, expected in zip(
        rows_of(data.training_dataset(8), 4), whole, strict=True
    ):
        np.testing.assert_array_equal(found, expected[8:])
    halves = [
        rows_of(data.training_dataset(0, Share(index, 2)), 6)[0]
        for index in (0, 1)
    ]
    both = np.concatenate([half.reshape(6, 2, 32) for half in halves], axis=1)
    np.testing.assert_array_equal(both.reshape(24, 32), whole[0])


def test_words_are_masked_in_training_alone(folder):
    settings = configuration(folder, **{"data.masking-probability": 1.0})
    data = RECIPE.open_data(settings)
    ids, masks, _, _ = rows_of(data.training_dataset(0), 2)
    blank = ByteTokenizer().encode(b" ")[0]
    assert set(np.unique(ids[masks])) == {MASK, blank, SEP}
    ids, masks, rows, _ = rows_of(data.evaluation_dataset(), -1)
    assert blank in ids
    assert MASK not in ids
    assert len(rows) == 6
    limited = configuration(folder, **{"training.evaluation-examples": 1})
    rows = rows_of(RECIPE.open_data(limited).evaluation_dataset(), -1)[2]
    np.testing.assert_array_equal(rows[:, 0], [0, 1])


def test_what_is_cut_is_told(folder):
    data = RECIPE.open_data(configuration(folder, **{"model.max-length": 10}))
    # "dev film 0" has ten bytes, "one 0" and "two 0" eleven with what is
    # between them.
    assert data.describe()[-1] == (
        "cut at 10 bytes: 33.3% of the held-out examples"
    )


def test_a_model_of_other_tasks_is_told(folder):
    settings = configuration(folder)
    other = dataclasses.replace(
        settings.model,
        overrides={**settings.model.overrides, "task_outputs": (("rte", 2),)},
    )
    data = RECIPE.open_data(dataclasses.replace(settings, model=other))
    with pytest.raises(ValueError, match=r"tasks sst2 2, stsb 1.*model rte 2"):
        data.check()


def test_pieces_need_their_vocabulary(folder, tmp_path):
    pieces = {"model.preset": "language_sentencepiece_glue"}
    with pytest.raises(ValueError, match=r"Say which with --data\.vocabulary"):
        RECIPE.open_data(configuration(folder, **pieces))
    path = tmp_path / "a.model"
    path.write_bytes(small_model())
    named = {"data.vocabulary": path}
    with pytest.raises(ValueError, match="The model reads bytes"):
        RECIPE.open_data(configuration(folder, **named))
    with pytest.raises(ValueError, match=r"Set --model\.vocabulary-size"):
        RECIPE.open_data(configuration(folder, **pieces, **named))


def test_the_documented_command_fits_tiny_pieces():
    (command,) = re.findall(
        r"recipes glue train .*language_sentencepiece_glue.*",
        text_of("docs/glue.md"),
    )
    sizes = re.findall(r"--(model\.\S+) (\S+)", command)
    ours = assign(RECIPE.configuration("tiny"), sizes).model
    theirs = sentencepiece_mlm.RECIPE.configuration("tiny").model
    with without_values():
        models = [
            from_preset(model.preset, **model.overrides)
            for model in (ours, theirs)
        ]
    assert differing_settings(*models) == {}


def test_heads_begin_with_what_is_likeliest(folder):
    settings = configuration(folder, **{"start.local": "false"})
    data = RECIPE.open_data(settings)
    model = building.build_model(settings)
    start.prepare_heads(model, data, ["stsb_logits"])
    targets = data.texts.training("stsb").targets
    bias = model.get_layer("stsb_logits").bias.numpy()
    np.testing.assert_allclose(bias, [targets.mean()], rtol=1e-6)
    assert not model.get_layer("sst2_logits").bias.numpy().any()
    start.prepare_model(model, data)
    bias = model.get_layer("sst2_logits").bias.numpy()
    np.testing.assert_allclose(bias, np.log([0.5, 0.5]), rtol=1e-5)


def test_single_tasks_have_as_many_epochs(folder):
    settings = configuration(folder, **{"training.steps": 180})
    data = RECIPE.open_data(settings)
    single = forms_study._changed(settings, data, forms_study.SINGLE, "stsb", 1)
    assert single.training.steps == 60
    assert single.training.seed == settings.training.seed + 1
    assert resolved(single.model)["task_outputs"] == (("stsb", 1),)
    shared = forms_study._changed(
        settings, data, "shared input token", "all", 0
    )
    assert shared.model.preset == "language_bytes_glue_shared_token"
    assert shared.training.steps == 180


def test_a_name_that_no_export_can_have_is_told_before_training(tmp_path):
    table = tmp_path / "encode.csv"
    rows = [f"text {i},{i % 2}" for i in range(40)]
    table.write_text("\n".join(["text,label", *rows]) + "\n")
    data = RECIPE.open_data(configuration(table))
    with pytest.raises(ValueError, match=r"'encode', and so is.*another name"):
        data.check()
