"""What is checked before a release, and on other Pythons and TensorFlows."""

import configparser
import itertools
import re
import tarfile

import yaml

from scripts import release_check
from tests import own_environment
from tests.end_to_end import test_oldest_tensorflow

ROOT = release_check.ROOT
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())
NOX = (ROOT / "noxfile.py").read_text()


def constant(name):
    """A constant of noxfile.py, whose import would need nox."""
    names = {}
    body = NOX.split("nox.options")[0].replace("import nox\n", "")
    exec(compile(body, "noxfile.py", "exec"), names)  # noqa: S102
    return names[name]


def test_nox_runs_the_promised_stacks():
    newest, oldest = constant("NEWEST"), constant("OLDEST")
    assert set(constant("STACKS")) == {
        *itertools.product(("3.11", "3.12", "3.13"), [newest]),
        *itertools.product(("3.11", "3.12"), [oldest]),
    }
    assert f"tensorflow=={oldest}" == own_environment.OLDEST
    assert constant("ON_OLDEST") == test_oldest_tensorflow.PARTS
    assert f"TORCH := {constant('TORCH')}\n" in (ROOT / "Makefile").read_text()
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    pythons = re.findall(
        r"Python :: (3\.\d+)", settings["metadata"]["classifiers"]
    )
    assert sorted({python for python, _ in constant("STACKS")}) == pythons


def commands(job):
    return [
        step["run"] for step in WORKFLOW["jobs"][job]["steps"] if "run" in step
    ]


def targets_of(text):
    """What a text calls by `make`, where each line is a command."""
    return set(re.findall(r"^make (\S+)", text, re.MULTILINE))


def test_what_ci_makes_can_be_made():
    steps = (ROOT / ".ci/run").read_text().splitlines()
    steps += itertools.chain(*map(commands, WORKFLOW["jobs"]))
    called = targets_of("\n".join(steps))
    assert {"demo", "lint", "site", "test", "docs", "release-check"} <= called
    makefile = (ROOT / "Makefile").read_text()
    assert called <= set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))


def test_the_matrix_names_sessions_of_nox():
    *_, command = commands("matrix")
    matrix = WORKFLOW["jobs"]["matrix"]["strategy"]["matrix"]["include"]
    for one in matrix:
        written = command
        for name, value in one.items():
            written = written.replace(f"${{{{ matrix.{name} }}}}", value)
        # As nox --list has it.
        python, tensorflow = one["python"], one["tensorflow"]
        session = f"tests(python='{python}', tensorflow='{tensorflow}')"
        assert written == f'nox --session "{session}"'
    assert re.search(
        r'@nox.parametrize\(\("python", "tensorflow"\), STACKS\)\ndef tests\(',
        NOX,
    )


def test_the_host_runs_what_we_run():
    assert commands("ci") == [".ci/run"]
    assert commands("docs") == ["make docs"]
    assert commands("release") == ["make release-check"]
    included = WORKFLOW["jobs"]["matrix"]["strategy"]["matrix"]["include"]
    stacks = {(one["python"], one["tensorflow"]) for one in included}
    # The job `ci` is the first of them.
    assert stacks == set(constant("STACKS")) - {("3.11", constant("NEWEST"))}


def test_a_file_that_an_sdist_lacks_is_named(tmp_path):
    for name in ("a.py", "b.py"):
        (tmp_path / name).write_text("")
    with tarfile.open(tmp_path / "x-1.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "a.py", "x-1/folder/a.py")
        archive.add(tmp_path / "b.py", "x-1/b.py")
    wanted = ["folder/a.py", "b.py", "folder/c.py", "a.py"]
    lacked = release_check.missing_files(tmp_path / "x-1.tar.gz", wanted)
    assert lacked == ["a.py", "folder/c.py"]
    source = release_check.unpack(tmp_path / "x-1.tar.gz", tmp_path)
    assert (source / "folder" / "a.py").is_file()
