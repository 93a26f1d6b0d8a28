"""Notebooks are made of their sources, and hold what they answered."""

import json
import re

import pytest

from scripts import docs_site
from scripts import notebooks

LARGE = pytest.mark.large
NAMES = [file.stem for file in notebooks.source_files()]
SOURCE = """\
# Title

Some `text`.

```
not run
```

```python
print(1)
```

```bash
python -m recipes byte_mlm train --run-folder runs/notebooks/a
```

The end.
"""


def sources_of(notebook):
    return [
        (cell["cell_type"], "".join(cell["source"]))
        for cell in notebook["cells"]
    ]


def test_blocks_become_cells():
    (title, text), (kind, root), *rest = notebooks.cells_of(SOURCE)
    assert title == "markdown"
    assert text == "# Title\n\nSome `text`.\n\n```\nnot run\n```"
    assert kind == "code"
    assert "os.chdir" in root
    command = "python -m recipes byte_mlm train --run-folder runs/notebooks/a"
    assert rest == [
        ("code", "print(1)"),
        ("code", f"%%bash\n{command}"),
        ("markdown", "The end."),
    ]


def test_short_runs_leave_real_ones_alone():
    short = notebooks.with_settings(SOURCE, "--training.steps 3")
    assert (
        "\npython -m recipes byte_mlm train --training.steps 3 "
        "--run-folder runs/notebooks_short/a\n"
    ) in short


def test_what_was_answered_is_shown_on_the_site():
    notebook = notebooks.build(SOURCE)
    stream = {"output_type": "stream", "name": "stdout", "text": ["1\n"]}
    picture = {"output_type": "display_data", "data": {"image/png": "AA\nBB"}}
    value = {"output_type": "execute_result", "data": {"text/plain": ["3"]}}
    notebook["cells"][2]["outputs"] = [stream, picture, value]
    page = docs_site.as_markdown(notebook)
    assert page.startswith("# Title\n\nSome `text`.")
    answers = page.split("print(1)\n```\n\n")[1].split("\n\n```bash")[0]
    assert answers == (
        "```text\n1\n```\n\n"
        '<img alt="answer" src="data:image/png;base64,AABB">\n\n'
        "```text\n3\n```"
    )
    assert page.endswith("The end.")


def test_a_notebook_too_large_for_git_is_refused(tmp_path):
    notebook = notebooks.build("# Title\n" + "x" * notebooks.MAX_BYTES)
    with pytest.raises(ValueError, match="smaller pictures"):
        notebooks.write(notebook, tmp_path / "a.ipynb")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_its_source_run(name):
    file = notebooks.FOLDER / f"{name}.ipynb"
    assert file.stat().st_size <= notebooks.MAX_BYTES
    notebook = json.loads(file.read_text())
    source = notebooks.build((notebooks.FOLDER / f"{name}.md").read_text())
    assert sources_of(notebook) == sources_of(source), (
        f"run python -m scripts.notebooks {name}"
    )
    assert notebook["metadata"] == source["metadata"]
    run = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    counts = [cell["execution_count"] for cell in run]
    assert counts == list(range(1, len(run) + 1))
    answers = [answer for cell in run for answer in cell["outputs"]]
    # Neither errors nor warnings, nor paths of the machine that it ran on.
    assert all(answer["output_type"] != "error" for answer in answers)
    assert all(answer.get("name") != "stderr" for answer in answers)
    assert any("image/png" in answer.get("data", {}) for answer in answers)
    printed = json.dumps([answer.get("text") for answer in answers])
    assert not re.search(r"/(home|root|tmp|Users|usr|work)/", printed)
    assert "beats every baseline" in printed


@pytest.mark.parametrize(
    "name",
    [
        name if name == "imagenet" else pytest.param(name, marks=LARGE)
        for name in NAMES
    ],
)
def test_a_notebook_runs(name, tmp_path):
    pytest.importorskip("nbclient", reason="comes with the extra docs")
    short = {
        "training.steps": 20,
        "training.evaluate-every": 20,
        "optimizer.warmup-steps": 1,
        "optimizer.flat-steps": 0,
    }
    settings = " ".join(f"--{key} {value}" for key, value in short.items())
    to = str(tmp_path)
    notebooks.main([name, "--settings", settings, "--to", to])
    notebook = json.loads((tmp_path / f"{name}.ipynb").read_text())
    assert "20 of 20" in json.dumps(notebook)
