"""The command `keras-perceiver cost`."""

import re

import pytest

from keras_perceiver import __main__ as command_line
from keras_perceiver import presets
from keras_perceiver.cost import cost


def printed(capsys, *arguments):
    assert command_line.main(["cost", *arguments]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def test_all_presets_stand_in_one_table(capsys):
    lines = printed(capsys).splitlines()
    assert len(lines) == len(presets()) + 2
    rows = {line.split()[0]: line.split() for line in lines[1:-1]}
    assert set(rows) == set(presets())
    assert rows["imagenet_fourier"][1:6] == [
        "48,440,627",
        "48.4M",
        "406.12B",
        "407B",
        "96%",
    ]
    assert rows["optical_flow"][1:5] == ["41,057,134", "-", "1.887T", "-"]
    assert rows["starcraft_entities"][3:5] == ["0.90B", "0.93B"]
    assert max(map(len, lines)) < 100


def test_activations_grow_with_the_batch(capsys):
    one, eight = printed(capsys), printed(capsys, "--batch", "8")
    assert "of one example" in one
    assert "of 8 examples" in eight
    assert one.split("\n")[1] != eight.split("\n")[1]


def test_markdown_is_one_table(capsys):
    lines = printed(capsys, "--markdown").splitlines()
    assert len(lines) == len(presets()) + 2
    assert {line.count("|") for line in lines} == {8}
    assert re.fullmatch(r"\| --- (\| ---: ){6}\|", lines[1])
    assert lines[2].startswith("| `")


def test_one_preset_is_told_part_by_part(capsys):
    out = printed(capsys, "language_bytes")
    for words in (
        r"processor +187,712,512 +101.20B +101.20B",
        r"in all +201,108,230 +120.95B +118.38B",
        r"as published +201M +113B",
        r"weights +767.2 MiB",
        r"two optimizer slots +1.5 GiB",
    ):
        assert re.search(words, out), words


def test_overrides_count_and_drop_what_is_published(capsys):
    out = printed(
        capsys,
        "imagenet_fourier",
        "--override",
        "num_latents=64",
        "image_shape=64,64,3",
        "max_resolution=(64, 64)",
        "dtype=mixed_bfloat16",
        "--batch",
        "4",
    )
    told = cost(
        "imagenet_fourier",
        batch=4,
        num_latents=64,
        image_shape=(64, 64, 3),
        dtype="mixed_bfloat16",
    )
    assert f"{told.parameters:,}" in out
    assert f"{told.inference_bytes / 2**20:.1f} MiB" in out
    assert "published" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["imagenet"], "Unknown preset 'imagenet'"),
        (
            ["bert_base", "--override", "max_lenght=3"],
            "Did you mean 'max_length'?",
        ),
        (["bert_base", "--override", "max_length"], "NAME=VALUE"),
        (["bert_base", "--override", "max_length=x"], "type int"),
        (["bert_base", "--override", "max_length=1.5"], "type int"),
        (["bert_base", "--override", "max_length=True"], "type int"),
        (["bert_base", "--override", "dtype=flot32"], "flot32"),
        (["bert_base", "--override", "qk_channels=7"], "divisible"),
        (["--override", "max_length=3"], "needs the name of a preset"),
        (["bert_base", "--markdown"], "takes none"),
        (["--batch", "0"], "batch=0"),
    ],
)
def test_mistakes_are_one_line(arguments, words, capsys):
    assert command_line.main(["cost", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert words in captured.err
    assert captured.err.count("\n") == 1
