"""What a user may name with `--data`."""

import re

import pytest

from keras_perceiver.data.labelled_images.sources import open_images


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "--data is empty. Wanted: 'digits', a folder of class folders"),
        ("digit", "no such file or folder. Did you mean 'digits'? Wanted:"),
        ("/absent/*.tfrecord", "/absent/*.tfrecord: no such file or folder."),
    ],
)
def test_what_is_not_there_is_told_with_all_that_could_be(source, said):
    with pytest.raises(ValueError, match=re.escape(said)) as error:
        open_images(source)
    for wanted in ("class folders", "TFRecords", "tfds:NAME"):
        assert wanted in str(error.value)


@pytest.mark.parametrize("skew", [0.5, 0, -1, float("nan"), float("inf")])
def test_a_skew_below_one_is_refused(skew):
    with pytest.raises(ValueError, match="a number from 1") as error:
        open_images("digits", skew)
    assert f"Received: {skew}" in str(error.value)


def test_the_home_folder_may_be_a_tilde(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / "pictures" / name).mkdir(parents=True)
        (tmp_path / "pictures" / name / "1.png").write_bytes(b"png")
    source = open_images("~/pictures")
    assert source.class_names == ["a", "b"]
    assert source.description == "~/pictures (2 classes)"
