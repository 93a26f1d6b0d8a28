"""Which videos a user named."""

import pytest

from keras_perceiver.data.media import sources

HEAD = "label,youtube_id,time_start,time_end,split\n"


def touched(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def csv_of(tmp_path, rows, head=HEAD):
    path = tmp_path / "kinetics.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows))
    return path


def message_of(source, **options):
    with pytest.raises(ValueError, match=r"Wanted|Row|beside|CSV") as error:
        sources.find_videos(str(source), **options)
    return str(error.value)


def test_class_folders_give_labels(tmp_path):
    for name in ("run/a.mp4", "run/b.mkv", "swim/more/c.avi", "swim/.hidden"):
        touched(tmp_path / name)
    found = sources.find_videos(str(tmp_path))
    assert found.class_names == ["run", "swim"]
    assert [(video.name, *video.labels) for video in found.videos] == [
        ("run/a.mp4", "run"),
        ("run/b.mkv", "run"),
        ("swim/more/c.avi", "swim"),
    ]
    assert {video.split for video in found.videos} == {"train"}
    assert {video.end for video in found.videos} == {None}


def test_folders_of_splits_are_followed(tmp_path):
    for name in ("train/run/a.mp4", "train/swim/b.mp4", "val/run/a.mp4"):
        touched(tmp_path / name)
    found = sources.find_videos(str(tmp_path))
    assert [(video.name, video.split) for video in found.videos] == [
        ("train/run/a.mp4", "train"),
        ("train/swim/b.mp4", "train"),
        ("val/run/a.mp4", "validate"),
    ]


def test_a_tenth_of_many_is_held_out_and_stays_so(tmp_path):
    for number in range(100):
        touched(tmp_path / f"{number}.mp4")

    def heldout():
        videos = sources.find_videos(str(tmp_path)).videos
        return {video.name for video in videos if video.split == "validate"}

    before = heldout()
    assert 3 <= len(before) <= 20
    touched(tmp_path / "more.mp4")
    assert before == heldout() - {"more.mp4"}


def test_a_folder_of_videos_has_no_labels(tmp_path):
    touched(tmp_path / "b.mp4")
    touched(tmp_path / "a.mp4")
    found = sources.find_videos(str(tmp_path))
    assert [video.name for video in found.videos] == ["a.mp4", "b.mp4"]
    assert found.class_names == []
    assert found.videos[0].labels == ()


def test_the_official_csv_finds_whole_and_cut_files(tmp_path):
    touched(tmp_path / "-aB3_x.mp4")
    touched(tmp_path / "train" / "cut" / "zzz_000010_000020.mkv")
    path = csv_of(
        tmp_path,
        [
            "playing chess,-aB3_x,3,13,train",
            "abseiling,zzz,10,20,validate",
            "abseiling,gone,0,10,test",
        ],
    )
    found = sources.find_videos(str(path))
    first, second = found.videos
    assert (first.start, first.end, first.split) == (3.0, 13.0, "train")
    assert (second.start, second.end, second.split) == (0.0, None, "validate")
    assert first.name == "-aB3_x_000003_000013"
    assert first.labels == ("playing chess",)
    assert found.class_names == ["abseiling", "playing chess"]
    assert [name for name, _ in found.missing] == ["gone_000000_000010"]


def test_the_csv_of_the_test_split_has_no_labels(tmp_path):
    touched(tmp_path / "a.mp4")
    head = "youtube_id,time_start,time_end,split\n"
    path = csv_of(tmp_path, ["a,0,10,test"], head)
    assert sources.find_videos(str(path)).videos[0].labels == ()


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("x,../../etc/passwd,0,10,train", "is no id"),
        ("x,abc,10,10,train", "no time"),
        ("x,abc,nan,10,train", "no time"),
        ("x,abc,zero,10,train", "could not convert"),
        ("x,abc,0,10,holdout", "'holdout'"),
    ],
)
def test_rows_that_make_no_sense_are_refused(tmp_path, row, told):
    path = csv_of(tmp_path, [row])
    message = message_of(path)
    assert "Row 2" in message
    assert told in message


def test_a_source_without_videos_is_refused(tmp_path):
    assert "no such file" in message_of(tmp_path / "absent")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "has no files" in message_of(empty)
    assert "no CSV file" in message_of(touched(tmp_path / "a.mp4"))
    path = csv_of(tmp_path, ["x,abc,0,10,train"])
    assert "abc_000000_000010.mp4 or abc.mp4" in message_of(path)
    path = csv_of(tmp_path, [], head="label,id\n")
    assert "'youtube_id'" in message_of(path)
    path = csv_of(tmp_path, ["x,abc,0,10,train"] * 2)
    assert "Row 3" in message_of(path)
