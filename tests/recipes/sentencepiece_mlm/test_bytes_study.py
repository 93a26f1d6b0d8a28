"""Two models of equal FLOPs that are asked for the same words."""

import dataclasses
import math

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
    """Bits a byte, as written, by what they are of, as the table is ordered."""
    return {
        line[:20].strip(): line[20:].split("  ")[-1].strip()
        for line in lines[2:-1]
    }


def test_a_study_goes_on_and_averages_over_seeds(
    configuration, pieces, tmp_path, monkeypatch
):
    bits = {"pieces": [1.5, 1.25, 1.0], "bytes": [3.0, 3.5, 4.0]}
    trained = []

    def train(recipe, settings, data):
        tokens = "bytes" if isinstance(data, SameWordsAsBytes) else "pieces"
        seed = settings.training.seed
        assert data.training.seed == seed
        if len(trained) == 3:
            trained.append("stopped")
            raise KeyboardInterrupt
        trained.append((tokens, seed))
        row = {"tokens": data.max_length, "latents": 3, "parameters": 5}
        return {**row, "flops": 7e6, "bits_per_byte": bits[tokens][seed]}

    monkeypatch.setattr(bytes_study, "_train", train)
    study = RECIPE.studies["bytes"]
    with pytest.raises(KeyboardInterrupt):
        study(RECIPE, configuration, tmp_path)
    found = bits_of(study(RECIPE, configuration, tmp_path))
    assert sorted(set(trained) - {"stopped"}) == [
        (tokens, seed) for tokens in ("bytes", "pieces") for seed in range(3)
    ]
    assert len(trained) == 7
    nats = np.log(pieces.token_frequencies())
    _, token_ids, is_masked = pieces.heldout_examples()
    asked = [nats[i - 6] for i in token_ids[is_masked]]
    letters = sum(
        len(pieces.tokenizer.token_bytes[i].strip())
        for i in token_ids[is_masked]
    )
    assert (
        found.pop("unigram of pieces")
        == f"{-sum(asked) / letters / math.log(2):.3f}"
    )
    assert found.pop("Perceiver IO, bytes") == "3.500 ± 0.500"
    assert found.pop("Perceiver IO, pieces") == "1.250 ± 0.250"
    assert set(found) == {"unigram of bytes"}


@pytest.mark.large
def test_both_models_are_trained(configuration, tmp_path):
    lines = RECIPE.studies["bytes"](RECIPE, configuration, tmp_path)
    bits = [float(cell.split()[0]) for cell in bits_of(lines).values()]
    assert len(bits) == 4
    assert np.all(np.isfinite(bits))
