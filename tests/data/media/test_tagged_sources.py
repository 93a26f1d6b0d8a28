"""Sources of clips with several labels, named and misnamed."""

import pytest

from keras_perceiver.data.media.tagged_sources import find_tagged

CLASSES = """index,mid,display_name
0,/m/09x0r,"Speech"
1,/m/0bt9lr,"Dog"
2,/m/06mb1,"Rain, on a roof"
"""
HEAD = """# Segments csv created Sun Mar  5 10:54:25 2017
# num_ytids=3, num_segs=3, num_unique_labels=3, num_positive_labels=4
# YTID, start_seconds, end_seconds, positive_labels
"""
TRAINING = """--4gqARaEJE, 0.000, 10.000, "/m/09x0r,/m/0bt9lr"
-0_a.b-c-de, 30.000, 40.000, "/m/06mb1"
""".replace(".b", "_b")
HELDOUT = """2fO3cbY7fNo, 70.500, 80.500, "/m/06mb1,/m/09x0r"
"""


@pytest.fixture
def folder(tmp_path):
    """AudioSet's own tables, without any file beside them."""
    (tmp_path / "class_labels_indices.csv").write_text(CLASSES)
    (tmp_path / "balanced_train_segments.csv").write_text(HEAD + TRAINING)
    (tmp_path / "eval_segments.csv").write_text(HEAD + HELDOUT)
    return tmp_path


def touched(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def message_of(*words, **options):
    with pytest.raises(ValueError) as error:  # noqa: PT011
        find_tagged(*words, **options)
    return str(error.value)


def test_tables_of_both_splits_name_files_and_labels(folder):
    for name in (
        "videos/--4gqARaEJE.mp4",
        "-0_a_b-c-de_30.000.wav",
        "2fO3cbY7fNo_000070_000080.mkv",
        # Of the id alone it would be the whole video, and of another time no.
        "2fO3cbY7fNo_10.mp4",
        "2fO3cbY7fNo.mp4",
    ):
        touched(folder / name)
    found = find_tagged(folder)
    assert found.class_names == ["Speech", "Dog", "Rain, on a roof"]
    assert found.missing == []
    rows = [
        (v.path.rpartition("/")[2], v.name, v.start, v.end, v.labels, v.split)
        for v in found.videos
    ]
    assert rows == [
        (
            *("--4gqARaEJE.mp4", "--4gqARaEJE_0.000", 0.0, 10.0),
            *(("Speech", "Dog"), "train"),
        ),
        (
            *("-0_a_b-c-de_30.000.wav", "-0_a_b-c-de_30.000", 0.0, None),
            *(("Rain, on a roof",), "train"),
        ),
        (
            *("2fO3cbY7fNo_000070_000080.mkv", "2fO3cbY7fNo_70.500"),
            *(0.0, None, ("Rain, on a roof", "Speech"), "validate"),
        ),
    ]


def test_files_of_ids_alone_may_be_segments_and_videos_come_first(folder):
    touched(folder / "2fO3cbY7fNo.wav")
    touched(folder / "2fO3cbY7fNo.webm")
    (video,) = find_tagged(folder / "eval_segments.csv").videos
    assert video.path.endswith("2fO3cbY7fNo.webm")
    assert (video.start, video.end) == (70.5, 80.5)
    (video,) = find_tagged(folder / "eval_segments.csv", is_cut=True).videos
    assert (video.start, video.end) == (0.0, None)


def test_what_is_missing_is_told_and_not_fatal_until_all_are(folder):
    assert "None of the 3 segments of balanced_train" in message_of(folder)
    touched(folder / "2fO3cbY7fNo.mp4")
    found = find_tagged(folder)
    assert len(found.videos) == 1
    names = [name for name, _ in found.missing]
    assert names == ["--4gqARaEJE_0.000", "-0_a_b-c-de_30.000"]
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    said = message_of(folder, str(elsewhere))
    assert f"in {elsewhere}" in said
    assert "--data.files" in said


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        (
            "eval_segments.csv",
            HELDOUT.replace("/m/06mb1", "/m/nothing"),
            "1 labels of {path} are not in class_labels_indices.csv, such as "
            "'/m/nothing' of 2fO3cbY7fNo_70.500",
        ),
        (
            "eval_segments.csv",
            '2fO3cbY7fNo, 70.5, 80.5, ""\n',
            "Row 1 of {path}: has no labels.",
        ),
        ("eval_segments.csv", "a, 1\n", "Row 1 of {path}: has 2 fields."),
        (
            "eval_segments.csv",
            "../../etc, 0, 1, /m/09x0r\n",
            "'../../etc' is no id of a video",
        ),
        (
            "eval_segments.csv",
            "abc, 5, 5, /m/09x0r\n",
            "from 5.0 to 5.0 s is no time",
        ),
        ("eval_segments.csv", HELDOUT * 2, "Row 2 of {path} is there before"),
        ("eval_segments.csv", HEAD, "{path} has no segments"),
        ("eval_segments.csv", TRAINING, "2 names are there twice"),
        (
            "class_labels_indices.csv",
            CLASSES.replace("2,/m/06mb1", "3,/m/06mb1"),
            "Row 4 of {path} has index '3', and 2 comes next",
        ),
        (
            "class_labels_indices.csv",
            CLASSES.replace("Dog", "Speech"),
            "A display_name of {path} is empty, or there twice: ['Speech']",
        ),
        ("class_labels_indices.csv", "a,b\n1,2\n", "index,mid,display_name"),
    ],
)
def test_tables_that_are_none_are_told_by_row(folder, table, text, said):
    touched(folder / "2fO3cbY7fNo.mp4")
    touched(folder / "--4gqARaEJE.mp4")
    touched(folder / "-0_a_b-c-de.mp4")
    path = folder / table
    path.write_text(text)
    assert said.format(path=path) in message_of(folder)


def test_the_table_of_classes_is_asked_for(folder):
    (folder / "class_labels_indices.csv").unlink()
    assert "class_labels_indices.csv is missing" in message_of(folder)


def test_ones_own_table_has_paths_and_labels(tmp_path):
    for name in ("a.mp4", "b/c.wav"):
        touched(tmp_path / name)
    path = tmp_path / "mine.csv"
    path.write_text(
        'path,labels,split\na.mp4,"rain, dog",train\nb/c.wav,dog,val\n'
        "gone.mp4,dog,train\n"
    )
    found = find_tagged(path)
    assert found.class_names == ["dog", "rain"]
    assert [(v.name, v.labels, v.split) for v in found.videos] == [
        ("a.mp4", ("rain", "dog"), "train"),
        ("b/c.wav", ("dog",), "validate"),
    ]
    assert [name for name, _ in found.missing] == ["gone.mp4"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,labels\na.mp4,\nb.mp4\n", "2 files of {path} have no labels"),
        ("path,labels\naway.mp4,dog\n", "None of the 1 files of {path} is in"),
        ("file,label\na.mp4,dog\n", "no columns path and labels"),
        ("path,labels\na.mp4,dog\na.mp4,cat\n", "1 names are there twice"),
        ("path,labels,split\na.mp4,dog,trian\n", "Did you mean 'train'?"),
    ],
)
def test_ones_own_table_is_told_what_is_wrong(tmp_path, text, said):
    touched(tmp_path / "a.mp4")
    path = tmp_path / "mine.csv"
    path.write_text(text)
    assert said.format(path=path) in message_of(path)


def test_class_folders_have_labels_and_other_folders_none(tmp_path):
    touched(tmp_path / "dog" / "a.mp4")
    (video,) = find_tagged(tmp_path).videos
    assert video.labels == ("dog",)
    touched(tmp_path / "flat" / "b.mp4")
    said = message_of(tmp_path / "flat")
    assert "1 files of" in said
    assert "have no labels, such as 'b.mp4'" in said
    assert "no such file or folder" in message_of(tmp_path / "away")
