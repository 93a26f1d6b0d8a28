"""Scores and averages, by hand and against the paper's table."""

import numpy as np
import pytest

from keras_perceiver.data.labelled_texts.base import TextExamples
from recipes.glue import baselines
from recipes.glue import breakdown
from recipes.glue import scores
from recipes.glue.heads import heads_of

# Table 14: CoLA, MNLI m/mm, MRPC, QNLI, QQP, RTE, SST-2, STS-B, average.
TABLE_14 = {
    "Perceiver IO Base": (
        "47.11 84.53 85.03 87.25 92.12 90.22 65.23 94.38 88.18 81.16"
    ),
    "bytes": ("50.19 83.22 83.89 87.24 91.71 90.12 64.84 93.17 86.81 80.95"),
    "++ bytes": ("52.54 84.13 84.91 86.03 92.06 90.46 66.54 93.98 87.93 81.76"),
    "shared input token": (
        "47.43 82.03 82.65 89.58 90.18 89.20 82.03 93.17 77.95 81.49"
    ),
    "task-specific tokens": (
        "49.06 82.14 82.64 89.84 90.53 89.40 79.69 93.17 80.02 81.76"
    ),
    "queries": ("47.88 82.05 82.77 90.36 90.37 89.49 80.08 93.75 79.95 81.79"),
}
GLUE = heads_of(
    (
        ("cola", 2),
        ("mnli", 3),
        ("mrpc", 2),
        ("qnli", 2),
        ("qqp", 2),
        ("rte", 2),
        ("sst2", 2),
        ("stsb", 1),
    )
)
KEYS = (
    "cola.dev.matthews",
    "mnli.matched.accuracy",
    "mnli.mismatched.accuracy",
    "mrpc.dev.accuracy",
    "qnli.dev.accuracy",
    "qqp.dev.accuracy",
    "rte.dev.accuracy",
    "sst2.dev.accuracy",
    "stsb.dev.pearson",
)


@pytest.mark.parametrize("row", TABLE_14)
def test_averages_are_the_papers(row):
    *values, expected = map(float, TABLE_14[row].split())
    found = scores.average(GLUE, dict(zip(KEYS, values, strict=True)))
    assert found == pytest.approx(expected, abs=0.01)


def head(name):
    return next(head for head in GLUE if head.name == name)


def test_scores_by_hand():
    targets = np.array([0, 0, 1, 1], "float32")
    assert scores.score(head("mrpc"), targets, [0, 1, 1, 1]) == {
        "accuracy": 0.75,
        "f1": pytest.approx(0.8),
    }
    found = scores.score(head("cola"), targets, [0, 1, 1, 1])
    # 2 right ones of class 1, 1 of class 0, 1 wrong 1, no wrong 0.
    assert found["matthews"] == pytest.approx(2 / np.sqrt(12))
    found = scores.score(head("stsb"), [1.0, 2.0, 4.0], [0.1, 0.2, 0.9])
    assert found["spearman"] == pytest.approx(1.0)
    assert found["pearson"] == pytest.approx(1.3 / np.sqrt(42 / 9 * 0.38))
    assert scores.score(head("sst2"), targets, targets) == {"accuracy": 1.0}


def test_constant_guesses_correlate_with_nothing():
    found = scores.score(head("stsb"), [1.0, 2.0, 4.0], [3.0, 3.0, 3.0])
    assert found == {"pearson": 0.0, "spearman": 0.0}
    found = scores.score(head("cola"), [0, 1, 1], [1, 1, 1])
    assert found["matthews"] == 0.0


def made_up(count, seed):
    """Sentences whose class is told by a word, and pairs by common words."""
    random = np.random.default_rng(seed)
    targets = random.integers(0, 2, count).astype("float32")
    words = ["tree", "house", "river", "stone"]
    filler = [" ".join(random.choice(words, 3)) for _ in range(count)]
    first = [
        f"{text} {'good' if target else 'bad'}".encode()
        for text, target in zip(filler, targets, strict=True)
    ]
    return TextExamples(first, [b""] * count, targets)


def test_baselines_guess_and_count_words():
    heads = heads_of((("sst2", 2), ("score", 1)))
    training = {"sst2": made_up(80, 0), "score": made_up(80, 1)}
    heldout = {
        "sst2": {"dev": made_up(40, 2)},
        "score": {"dev": made_up(40, 3)},
    }
    found = baselines.measure(heads, training, heldout)
    guessing, words = found["most_frequent"], found["words_tfidf"]
    commonest = training["sst2"].targets.mean() > 0.5
    share = np.mean(heldout["sst2"]["dev"].targets == commonest)
    assert guessing["sst2.dev.accuracy"] == pytest.approx(share)
    assert guessing["score.dev.pearson"] == 0.0
    assert guessing["shortfall"] == pytest.approx(1 - share / 2)
    assert words["sst2.dev.accuracy"] == 1.0
    assert words["score.dev.pearson"] > 0.99
    assert (guessing["kind"], words["kind"]) == ("baseline", "reference")


def test_pairs_are_told_by_what_they_share():
    heads = heads_of((("pair", 2),))
    random = np.random.default_rng(0)

    def pairs(count):
        words = [f"word{number}" for number in range(40)]
        targets = random.integers(0, 2, count).astype("float32")
        first = [random.choice(words, 5, replace=False) for _ in targets]
        second = [
            texts if target else random.choice(words, 5, replace=False)
            for texts, target in zip(first, targets, strict=True)
        ]
        return TextExamples(
            [" ".join(one).encode() for one in first],
            [" ".join(one).encode() for one in second],
            targets,
        )

    found = baselines.measure(
        heads, {"pair": pairs(150)}, {"pair": {"dev": pairs(60)}}
    )
    assert found["words_tfidf"]["pair.dev.accuracy"] > 0.9


def test_the_table_has_a_row_for_every_score():
    heads = heads_of((("mnli", 3), ("stsb", 1)))
    keys = (
        "mnli.matched.accuracy",
        "mnli.mismatched.accuracy",
        "stsb.dev.pearson",
    )
    ours = dict(zip(keys, (0.8, 0.6, 0.5), strict=True))
    lines = breakdown.table(
        heads, ours, {"most_frequent": dict.fromkeys(keys, 0.25)}
    )
    assert [line.split()[-2:] for line in lines[1:]] == [
        ["25.00", "80.00"],
        ["25.00", "60.00"],
        ["25.00", "50.00"],
        ["25.00", "60.00"],
    ]
    assert lines[1].startswith("mnli matched, accuracy")
