"""Folders of class folders, in every state that they come in."""

import os
import re

import pytest

from keras_perceiver.data.labelled_images.sources import open_images
from tests.data.labelled_images.source_checks import check_source
from tests.data.labelled_images.source_checks import names_of
from tests.data.labelled_images.source_checks import taken
from tests.image_samples import encoded
from tests.image_samples import noise


def put(folder, **counts):
    """Images by class: `train__cats=3` is three in train/cats."""
    for name, count in counts.items():
        inner = folder.joinpath(*name.split("__"))
        inner.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            content = encoded(noise(4, 5, seed=number), "PNG")
            (inner / f"{number:03d}.png").write_bytes(content)


@pytest.fixture
def split_folder(tmp_path):
    put(tmp_path, train__cats=9, train__dogs=8, val__cats=3, val__dogs=2)
    return tmp_path


def message_of(folder, path="."):
    """What is said of a folder; the path in it has to be named."""
    named = re.escape(str(folder / path))
    with pytest.raises(ValueError, match=named) as error:
        open_images(str(folder)).check()
    return str(error.value)


def test_a_tenth_of_a_plain_folder_is_held_out(tmp_path):
    put(tmp_path, b=40, a=40)
    source = open_images(str(tmp_path))
    heldout = names_of(source.heldout_examples())
    assert 2 <= len(heldout) <= 20
    check_source(source, 80 - len(heldout), len(heldout))
    assert source.class_names == ["a", "b"]
    assert source.description == f"{tmp_path} (2 classes)"
    # Other files come, and those that were there stay where they were.
    put(tmp_path, a=50)
    more = names_of(open_images(str(tmp_path)).heldout_examples())
    assert [name for name in more if name not in heldout] == [
        name for name in more if name >= "a/040" and name < "b"
    ]


@pytest.mark.parametrize("name", ["val", "validation", "test"])
def test_folders_called_train_and_val_are_the_split(tmp_path, name):
    put(tmp_path, train__cats=9, train__dogs=8)
    put(tmp_path, **{f"{name}__cats": 3, f"{name}__dogs": 2})
    # What lies beside the two is not of them.
    (tmp_path / "words.txt").write_text("cats\ndogs\n")
    source = open_images(str(tmp_path))
    source.check()
    heldout = names_of(source.heldout_examples())
    assert len(heldout) == 5
    assert heldout[0] == f"{name}/cats/000.png"
    assert all(
        n.startswith("train/")
        for n in names_of(source.training_examples(0), 17)
    )
    assert source.description == f"{tmp_path} (train and {name})"


def test_without_val_a_tenth_of_train_is_held_out(tmp_path):
    put(tmp_path, train__cats=60, train__dogs=60)
    source = open_images(str(tmp_path))
    source.check()
    assert 3 <= len(names_of(source.heldout_examples())) <= 25
    assert source.description == f"{tmp_path} (train)"


def test_the_bytes_are_those_of_the_file(split_folder):
    for name, label, content in taken(
        open_images(str(split_folder)).heldout_examples()
    ):
        assert content == (split_folder / name).read_bytes()
        assert label == ("dogs" in name)


def test_images_lie_deeper_and_hidden_files_are_none(split_folder):
    put(split_folder, train__cats__more=2)
    (split_folder / "train" / "cats" / ".DS_Store").write_bytes(b"\0")
    (split_folder / "train" / ".cache").mkdir()
    (split_folder / "train" / ".note").write_text("x")
    source = open_images(str(split_folder))
    assert source.training_counts().tolist() == [11, 8]


def test_links_are_followed(split_folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    put(elsewhere, owls=4)
    (split_folder / "train" / "owls").symlink_to(elsewhere / "owls")
    (split_folder / "train" / "cats" / "far.png").symlink_to(
        elsewhere / "owls" / "000.png"
    )
    source = open_images(str(split_folder))
    assert source.training_counts().tolist() == [10, 8, 4]
    names = names_of(source.training_examples(0), 22)
    assert {"train/owls/003.png", "train/cats/far.png"} < set(names)


def test_what_cannot_be_read_is_empty_and_disturbs_nobody(split_folder):
    cats = split_folder / "train" / "cats"
    source = open_images(str(split_folder))
    before = {
        name: content
        for name, _, content in taken(source.training_examples(0), 17)
    }
    (cats / "003.png").unlink()
    (cats / "004.png").unlink()
    (cats / "004.png").mkdir()
    source.check()
    after = taken(source.training_examples(0), 17)
    gone = {"train/cats/003.png", "train/cats/004.png"}
    assert [name for name, _, _ in after] == list(before)
    for name, _, content in after:
        assert content == (b"" if name in gone else before[name])


def test_other_files_and_links_to_nowhere_are_examples_too(split_folder):
    cats = split_folder / "train" / "cats"
    (cats / "notes.txt").write_text("of cats")
    (cats / "gone.png").symlink_to(split_folder / "absent.png")
    (cats / os.fsdecode(b"\xff[1].png")).write_bytes(b"odd")
    source = open_images(str(split_folder))
    source.check()
    found = {
        e["name"]: e["image_bytes"]
        for e in source.training_examples(0).take(20).as_numpy_iterator()
    }
    assert found[b"train/cats/notes.txt"] == b"of cats"
    assert found[b"train/cats/gone.png"] == b""
    assert found[b"train/cats/\xff[1].png"] == b"odd"
    assert source.record()["training_examples"] == 20


def test_the_record_changes_with_the_files(split_folder):
    before = open_images(str(split_folder)).record()
    assert open_images(str(split_folder)).record() == before
    with open(split_folder / "val" / "dogs" / "000.png", "ab") as file:
        file.write(b"?")
    assert open_images(str(split_folder)).record()["sha256"] != before["sha256"]


def test_a_folder_without_classes_is_told(tmp_path):
    message = message_of(tmp_path)
    assert message.startswith(f"{tmp_path} has no class folders, but 0 files.")
    (tmp_path / "a.png").write_bytes(b"png")
    message = message_of(tmp_path)
    assert "has no class folders, but 1 files" in message
    assert "FOLDER/train/CLASS/*" in message
    assert "--data FOLDER" in message


def test_images_of_no_class_in_val_are_told(split_folder):
    (split_folder / "val" / "9.png").write_bytes(b"png")
    message = message_of(split_folder, "val")
    assert "1 files lie beside the class folders" in message
    assert "such as '9.png'. Move them into the folder" in message


def test_an_empty_class_folder_is_told(split_folder):
    (split_folder / "val" / "emus").mkdir()
    message = message_of(split_folder, "val/emus")
    assert "is empty. Put files of the class into it, or remove it" in message
    (split_folder / "val" / "gnus" / "none").mkdir(parents=True)
    (split_folder / "val" / "gnus" / ".hidden").touch()
    assert "is empty, and 1 more." in message_of(split_folder, "val/emus")


def test_a_single_class_is_told(tmp_path):
    put(tmp_path, cats=30)
    assert "has a single class, 'cats'" in message_of(tmp_path)


def test_a_class_that_is_only_held_out_is_told(split_folder):
    put(split_folder, val__catz=1)
    with pytest.raises(ValueError, match="no folder in train") as error:
        open_images(str(split_folder))
    assert "'catz'. Did you mean 'cats'?" in str(error.value)


def test_a_folder_of_too_few_images_to_hold_some_out_is_told(tmp_path):
    put(tmp_path, cats=1, dogs=1)
    message = message_of(tmp_path)
    assert "is held out for evaluation" in message
    assert f"into {tmp_path}/val/CLASS" in message
    put(tmp_path / "2", train__cats=1, train__dogs=1)
    assert f"into {tmp_path}/2/train/CLASS." in message_of(tmp_path / "2")


def test_a_skew_that_leaves_a_class_empty_is_told(split_folder):
    with pytest.raises(ValueError, match="of class 'dogs'") as error:
        open_images(str(split_folder), 1e9).check()
    assert "Lower the label skew of 1e+09." in str(error.value)


def test_a_skew_leaves_the_held_out_part_whole(tmp_path):
    put(tmp_path, train__a=60, train__b=60, val__a=5, val__b=5)
    source = open_images(str(tmp_path), 3.0)
    check_source(source, source.training_counts().sum(), 10)
    assert source.training_counts()[0] == 60
    assert abs(source.training_counts()[1] - 20) <= 11


def test_a_folder_of_other_files_is_told(tmp_path):
    for name in ("train/a/1.txt", "train/b/1.txt", "val/a/1.txt"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text("text")
    message = message_of(tmp_path)
    assert "None of the first 16 images" in message
    assert "1.txt is neither JPEG nor PNG" in message


def test_a_link_in_a_circle_is_told(split_folder):
    loop = split_folder / "train" / "cats" / "loop"
    loop.symlink_to(split_folder / "train" / "cats")
    assert "is a link to a folder that it lies in" in message_of(
        split_folder, "train/cats/loop"
    )


def test_a_pipe_is_told(split_folder):
    os.mkfifo(split_folder / "train" / "cats" / "pipe")
    message = message_of(split_folder, "train/cats/pipe")
    assert "neither a file nor a folder" in message


@pytest.mark.parametrize("name", [b"a\xff", b"a\nb"])
def test_class_names_that_are_no_text_are_told(split_folder, name):
    put(split_folder, **{"train__" + os.fsdecode(name): 1})
    with pytest.raises(ValueError, match="cannot be shown"):
        open_images(str(split_folder))


HELDOUT = [
    *(f"val/cats/{number:03d}.png" for number in range(3)),
    *(f"val/dogs/{number:03d}.png" for number in range(2)),
]


def table(folder, rows):
    (folder / "columns.csv").write_text("\n".join(rows) + "\n")


def test_columns_are_read_from_a_table(split_folder):
    rows = [f'{name},{name[8]},"{name[-5]}, of 9"' for name in HELDOUT]
    training = "train/dogs/000.png,x,y"
    table(split_folder, ["file,letter,number", *rows[::-1], training, ""])
    source = open_images(str(split_folder))
    source.check()
    few = names_of(source.heldout_examples(3))
    assert source.heldout_columns(3)["number"] == [
        f"{name[-5]}, of 9" for name in few
    ]
    assert source.heldout_columns() == {
        "label": ["cats"] * 3 + ["dogs"] * 2,
        "letter": [name[8] for name in HELDOUT],
        "number": [f"{name[-5]}, of 9" for name in HELDOUT],
    }


def test_a_table_may_lie_beside_class_folders(tmp_path):
    put(tmp_path, a=40, b=40)
    names = names_of(open_images(str(tmp_path)).heldout_examples())
    table(tmp_path, ["file,ward", *(f"{name},7" for name in names)])
    source = open_images(str(tmp_path))
    assert source.class_names == ["a", "b"]
    assert source.heldout_columns()["ward"] == ["7"] * len(names)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["name,ward"], "two columns or more, the first of them 'file'"),
        (["file"], "Received: 'file'"),
        ([""], "Received: ''"),
        (["file,label"], "The column 'label' of"),
        (["file,a,a"], "The column 'a' of"),
        (["file,"], "The column '' of"),
        (["file,a", "val/cats/000.png,1,2"], "has 3 values, and the first"),
        (["file,a", "x.png,1"], "names 'x.png', and there is no such image"),
        (["file,a", "x.png,1"], "Wanted: paths such as 'train/cats/000.png'"),
        (["file,a", *[HELDOUT[0] + ",1"] * 2], "Row 3 of"),
        (
            ["file,a", *[f"{name},1" for name in HELDOUT[1:]]],
            "no row for 1 of 5 held-out images, such as 'val/cats/000.png'",
        ),
        (['file,a\nval/cats/000.png,"1'], "is no CSV file in UTF-8"),
    ],
)
def test_a_table_that_does_not_fit_is_told_before_training(
    split_folder, rows, said
):
    table(split_folder, rows)
    message = message_of(split_folder, "columns.csv")
    assert said in message
