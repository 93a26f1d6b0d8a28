"""What a server starts with."""

import pathlib
import re
import shutil

import pytest
from google.protobuf import text_format

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.server import server_config
from keras_perceiver.serving.server.server_config import write_server_config
from tests.serving.example_exports import make_exports


@pytest.fixture
def folder(tmp_path):
    return make_exports(tmp_path / "saved", byte_mlm=(1, 2, 10), flow=(3,))


def served(folder):
    """What the written file says, by the model's name."""
    text = (folder / "models.config").read_text()
    config = protos.parse_text("ModelServerConfig", text)
    return {model.name: model for model in config.model_config_list.config}


def versions(model):
    return list(model.model_version_policy.specific.versions)


def states(written):
    return {pathlib.Path(k).name: state for k, state in written.states.items()}


def test_the_newest_version_of_every_model_is_served(folder):
    write_server_config(folder)
    models = served(folder)
    assert list(models) == ["byte_mlm", "flow"]
    for name, model in models.items():
        assert model.base_path == f"/models/{name}"
        assert model.model_platform == "tensorflow"
        assert model.model_version_policy.latest.num_versions == 1
        assert not versions(model)
        assert not model.version_labels


def test_labels_pin_versions(folder):
    write_server_config(folder, stable={"byte_mlm": 2}, canary={"byte_mlm": 10})
    models = served(folder)
    assert versions(models["byte_mlm"]) == [2, 10]
    assert models["byte_mlm"].version_labels == {"stable": 2, "canary": 10}
    assert models["flow"].model_version_policy.HasField("latest")


def test_the_servers_own_descriptions_read_it_too(folder):
    official = pytest.importorskip(
        "tensorflow_serving.config.model_server_config_pb2"
    )
    write_server_config(folder, stable={"flow": 3})
    text = (folder / "models.config").read_text()
    config = text_format.Parse(text, official.ModelServerConfig())
    first, second = config.model_config_list.config
    assert first.model_version_policy.latest.num_versions == 1
    assert second.version_labels == {"stable": 3}


def test_rolling_forward_and_back_says_nothing_but_what_changes(folder):
    steps = [
        (1, None, [1]),
        (1, 2, [1, 2]),
        (2, 1, [1, 2]),
        (1, 2, [1, 2]),
        (2, 1, [1, 2]),
        (2, None, [2]),
    ]
    for step, (stable, canary, wanted) in enumerate(steps):
        written = write_server_config(
            folder,
            stable={"byte_mlm": stable},
            canary={"byte_mlm": canary} if canary else None,
        )
        model = served(folder)["byte_mlm"]
        assert versions(model) == wanted
        assert model.version_labels["stable"] == stable
        # A running server takes each of them.
        assert "refused" not in dict(written.warnings)
        assert states(written).pop("models.config") == "written"
        if step:
            others = set(states(written).items()) - {
                ("models.config", "written")
            }
            assert {state for _, state in others} == {"unchanged"}


def test_a_step_that_a_running_server_refuses_is_told(folder):
    write_server_config(folder, stable={"byte_mlm": 1})
    written = write_server_config(folder, stable={"byte_mlm": 2})
    ((word, said),) = written.warnings
    assert word == "refused"
    assert said.startswith("stable of byte_mlm moves from 1 to 2, which is not")
    assert f"refused    {said}" in written.report()
    # It is no error: a server that starts now takes it.
    assert versions(served(folder)["byte_mlm"]) == [2]


def test_labels_that_are_no_more_are_told(folder):
    write_server_config(folder, stable={"byte_mlm": 1, "flow": 3})
    written = write_server_config(folder, stable={"flow": 3})
    assert written.warnings == (("dropped", "stable of byte_mlm, was 1"),)
    assert write_server_config(folder, stable={"flow": 3}).warnings == ()
    shutil.rmtree(folder / "flow")
    written = write_server_config(folder)
    assert written.warnings == (("dropped", "stable of flow, was 3"),)


def test_writing_again_changes_nothing(folder):
    first = write_server_config(folder)
    assert set(states(first).values()) == {"written"}
    before = [file.stat().st_ino for file in map(pathlib.Path, first.states)]
    again = write_server_config(folder)
    assert set(states(again).values()) == {"unchanged"}
    after = [file.stat().st_ino for file in map(pathlib.Path, first.states)]
    assert before == after


def test_a_changed_file_is_kept_where_nothing_new_is_to_be_written(folder):
    write_server_config(folder)
    file = folder / "compose.yaml"
    mine = file.read_text().replace("2.20.0", "2.19.0")
    file.write_text(mine)
    written = write_server_config(folder, stable={"flow": 3})
    assert states(written)["compose.yaml"] == "kept"
    assert states(written)["models.config"] == "written"
    assert file.read_text() == mine


def test_a_change_that_would_be_lost_is_refused_before_writing(folder):
    write_server_config(folder)
    file = folder / "compose.yaml"
    file.write_text("mine\n")
    before = (folder / "models.config").read_text()
    with pytest.raises(ValueError, match=r"compose\.yaml\. Pass --overwrite"):
        write_server_config(folder, stable={"flow": 3}, gpu=True)
    assert file.read_text() == "mine\n"
    assert (folder / "models.config").read_text() == before
    assert not (folder / "session.config").exists()
    write_server_config(folder, stable={"flow": 3}, gpu=True, overwrite=True)
    assert "-gpu" in file.read_text()


def test_a_file_of_someone_else_is_not_overwritten(folder):
    (folder / "models.config").write_bytes(b"\xff mine")
    with pytest.raises(ValueError, match="Pass --overwrite"):
        write_server_config(folder)
    assert {file.name for file in folder.iterdir() if file.is_file()} == {
        "models.config"
    }


@pytest.mark.parametrize("record", [b"", b"[]", b"{", b"\xff"])
def test_a_broken_record_only_asks_again(folder, record):
    write_server_config(folder)
    (folder / server_config.RECORD_FILE).write_bytes(record)
    write_server_config(folder)
    (folder / server_config.RECORD_FILE).write_bytes(record)
    with pytest.raises(ValueError, match="Pass --overwrite"):
        write_server_config(folder, stable={"flow": 3})


@pytest.mark.parametrize(
    "name", ['a"b', "a\nb", "a b", "a'b", "-a", "a:b", "ä", "a$b", "x" * 129]
)
def test_hostile_names_are_refused(tmp_path, name):
    make_exports(tmp_path, **{name: (1,)})
    with pytest.raises(ValueError, match=r"letters, digits and _ \. - alone"):
        write_server_config(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize("version", ["0", "01", "٣", str(2**63)])
def test_versions_that_a_server_reads_otherwise_are_refused(tmp_path, version):
    make_exports(tmp_path, byte_mlm=(1, version))
    with pytest.raises(ValueError, match="positive whole number"):
        write_server_config(tmp_path)


def test_a_version_without_a_model_is_refused(folder):
    (folder / "flow" / "4").mkdir()
    with pytest.raises(ValueError, match=r"flow/4 has no saved_model\.pb"):
        write_server_config(folder)


def test_what_is_no_export_is_passed_by(folder):
    make_exports(folder, byte_mlm=(".tmp-3-x", "old", "²"), **{".hidden": (1,)})
    make_exports(folder / "runs" / "deep", byte_mlm=(1,))
    (folder / "notes.txt").touch()
    write_server_config(folder)
    assert list(served(folder)) == ["byte_mlm", "flow"]


def test_a_folder_without_exports_is_refused(tmp_path, folder):
    with pytest.raises(ValueError, match="has no exports"):
        write_server_config(tmp_path / "saved" / "flow")
    with pytest.raises(FileNotFoundError):
        write_server_config(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("stable", "canary", "words"),
    [
        ({"byte_mln": 1}, {}, "Unknown model 'byte_mln'. Did you mean"),
        ({"flow": 1}, {}, "flow has no version 1 to be stable. It has: 3."),
        ({"flow": 3}, {"flow": 4}, "flow has no version 4 to be canary"),
        ({"flow": 3}, {"flow": 3}, "Version 3 of flow cannot be stable and"),
        ({}, {"flow": 3}, "flow has a canary and nothing stable"),
    ],
)
def test_labels_are_for_versions_that_exist(folder, stable, canary, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        write_server_config(folder, stable=stable, canary=canary)
    assert not (folder / "models.config").exists()


@pytest.mark.parametrize(
    "path", ["models", "/", "/a/", '/a"b', "/a b", "/a\nb", "/a:b", "/a/../b"]
)
def test_paths_that_need_quotes_are_refused(folder, path):
    with pytest.raises(ValueError, match="path of the models is absolute"):
        write_server_config(folder, models_path=path)


def test_without_a_container_the_server_sees_the_folder(folder):
    path = str(folder.resolve())
    written = write_server_config(folder, models_path=path)
    assert served(folder)["flow"].base_path == f"{path}/flow"
    words = written.next_command.split()
    assert words[0] == "tensorflow_model_server"
    assert f"--model_config_file={path}/models.config" in words
    assert f'- ".:{path}:ro"' in (folder / "compose.yaml").read_text()


def test_batching_is_claimed_only_where_every_served_version_has_it(folder):
    flag = "--enable_per_model_batching_parameters=true"
    write_server_config(folder)
    text = (folder / "compose.yaml").read_text()
    assert flag in text
    assert "--enable_batching=true" in text
    (folder / "byte_mlm" / "2" / "batching_params.pbtxt").unlink()
    # Which is not served, the newest being 10.
    assert write_server_config(folder).models[0].without_batching == ()
    written = write_server_config(folder, stable={"byte_mlm": 2})
    assert written.models[0].without_batching == (2,)
    assert "batching" not in (folder / "compose.yaml").read_text()
    (line,) = [
        line for line in written.report() if line.startswith("batching ")
    ]
    assert "byte_mlm/2 has no batching_params.pbtxt" in line


def test_the_command_says_what_it_wrote_and_what_is_next(folder, capsys):
    arguments = ["config", str(folder), "--stable", "byte_mlm=1", "flow=3"]
    assert command_line.main([*arguments, "--canary", "byte_mlm=2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"written   {folder}/models.config"
    assert "byte_mlm  serves 1 as stable and 2 as canary" in lines
    assert "flow      serves 3 as stable" in lines
    assert lines[-1] == (
        f"next      docker compose --file {folder}/compose.yaml up "
        "--detach --wait"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["byte_mlm"], "Wanted NAME=VERSION. Received: 'byte_mlm'"),
        (["byte_mlm=-1"], "Wanted NAME=VERSION. Received: 'byte_mlm=-1'"),
        (["byte_mlm=²"], "Wanted NAME=VERSION"),
        (["flow=3", "flow=4"], "flow has one version. Received: 'flow=4' too"),
        (["flow=4"], "flow has no version 4"),
    ],
)
def test_mistaken_words_are_one_line(folder, capsys, words, said):
    assert command_line.main(["config", str(folder), "--stable", *words]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"error: {said}")
    assert error.count("\n") == 1
