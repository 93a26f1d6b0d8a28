"""Two models of equal FLOPs that are asked for the same words."""

import dataclasses
import json

import numpy as np
import pytest

from keras_perceiver.cost import cost
from recipes.assignments import assign
from recipes.sentencepiece_mlm import RECIPE
from recipes.sentencepiece_mlm import bytes_study
from recipes.sentencepiece_mlm.bytes_study import SameWordsAsBytes
from recipes.sentencepiece_mlm.bytes_study import byte_model
from tests.recipes.small_run import SMALL_RUN
from tests.vocabularies import NUM_PIECES
from tests.vocabularies import TEXT
from tests.vocabularies import small_model


@pytest.fixture(scope="module")
def configuration(tmp_path_factory):
    folder = tmp_path_factory.mktemp("text")
    (folder / "text.txt").write_text(TEXT)
    (folder / "small.model").write_bytes(small_model())
    settings = {
        **SMALL_RUN,
        "data": folder / "text.txt",
        "data.vocabulary": folder / "small.model",
        "model.vocabulary-size": NUM_PIECES + 6,
        "model.max-length": 12,
        "model.num-latents": 64,
        "training.steps": 2,
        "training.evaluate-every": 1,
    }
    pairs = [(key, str(value)) for key, value in settings.items()]
    return assign(RECIPE.configuration("tiny"), pairs)


@pytest.fixture(scope="module")
def pieces(configuration):
    return RECIPE.open_data(configuration)


@pytest.mark.parametrize("name", ["tiny", "small"])
def test_no_other_number_of_latents_costs_more_alike(
    name, configuration, pieces
):
    model = configuration.model
    if name == "tiny":
        model = RECIPE.configuration("tiny").model
    found = byte_model(model, pieces)
    assert found.preset == "language_bytes"
    assert "vocabulary_size" not in found.overrides
    assert found.overrides["max_length"] == pieces.window_bytes
    wanted = cost(model.preset, **model.overrides).flops
    gaps = {
        number: abs(
            cost(
                found.preset, **{**found.overrides, "num_latents": number}
            ).flops
            - wanted
        )
        for number in range(1, 3 * model.overrides["num_latents"])
    }
    assert found.overrides["num_latents"] == min(gaps, key=gaps.get)
    kept = set(model.overrides) - {
        "vocabulary_size",
        "max_length",
        "num_latents",
    }
    assert all(found.overrides[key] == model.overrides[key] for key in kept)


def test_flops_that_bytes_cannot_have_are_told(configuration, pieces):
    """Each byte costs something, however few latents read it."""
    overrides = {**configuration.model.overrides, "num_latents": 2}
    model = dataclasses.replace(configuration.model, overrides=overrides)
    with pytest.raises(ValueError, match="No byte model of this width"):
        byte_model(model, pieces)


def test_both_are_asked_for_the_same_words(configuration, pieces):
    as_bytes = SameWordsAsBytes(
        dataclasses.replace(
            configuration, model=byte_model(configuration.model, pieces)
        ),
        pieces,
    )
    _, byte_ids, byte_masks = as_bytes.heldout_examples()
    _, token_ids, is_masked = pieces.heldout_examples()
    assert byte_masks.any(axis=1).sum() >= 5
    texts = pieces.tokenizer.token_bytes
    for rows in zip(byte_ids, byte_masks, token_ids, is_masked, strict=True):
        byte_row, byte_mask, row, mask = rows
        # What pieces do not see, bytes do not see either.
        seen = bytes((byte_row[byte_row > 0] - 6).tolist())
        assert seen == b"".join(texts[i] for i in row)
        asked = bytes((byte_row[byte_mask] - 6).tolist())
        masked = b"".join(texts[i] for i in row[mask])
        assert asked == masked.replace(b" ", b"")


def bits_of(lines):
    """Bits a byte by what they are of, in the order of the table."""
    return {line[:22].strip(): float(line.split()[-1]) for line in lines[2:-1]}


def test_the_table_is_in_order(configuration, tmp_path, monkeypatch):
    numbers = iter([(1.5, 2.5), (3.25, 4.0)])

    def measured(recipe, settings, data):
        row = {"tokens": data.max_length, "latents": 3, "parameters": 5}
        bits, unigram = next(numbers)
        row |= {"flops": 7e6, "bits_per_byte": bits}
        return row, {"bits_per_byte": unigram}

    monkeypatch.setattr(bytes_study, "_measure", measured)
    folder = tmp_path / "study"
    lines = RECIPE.studies["bytes"](RECIPE, configuration, folder)
    assert list(bits_of(lines).items()) == [
        ("unigram of bytes", 4.0),
        ("Perceiver IO, bytes", 3.25),
        ("unigram of pieces", 2.5),
        ("Perceiver IO, pieces", 1.5),
    ]
    written = json.loads((folder / "bytes.json").read_text())
    assert written["rows"]["unigram of pieces"] == {"bits_per_byte": 2.5}


@pytest.mark.large
def test_both_models_are_trained(configuration, tmp_path):
    lines = RECIPE.studies["bytes"](RECIPE, configuration, tmp_path)
    bits = list(bits_of(lines).values())
    assert len(bits) == 4
    assert bits == sorted(bits, reverse=True)
    assert np.all(np.isfinite(bits))
