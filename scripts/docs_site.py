"""What the documentation's site adds to the pages in `docs`.

A hook of MkDocs, named in `mkdocs.yml`. Pages that live elsewhere in the
repository, and links to them, are made part of the site; the reference is
made from the packages; pages of notebooks show what the notebooks answered.
"""

import ast
import json
import pathlib
import posixpath
import re

ROOT = pathlib.Path(__file__).parents[1]
# Files outside docs/, by the pages that they become.
ELSEWHERE = {
    "index.md": "README.md",
    "saved_models.md": "saved_models/README.md",
    "contributing.md": "CONTRIBUTING.md",
    "changelog.md": "CHANGELOG.md",
}
# Of these, all that `__init__.py` gives is public.
PACKAGES = ("layers", "models", "tasks", "search", "convert", "cost")
# Of these, modules that are imported by name.
MODULES = {
    "training": (
        "model",
        "attacks",
        "strategies",
        "rendezvous",
        "lamb",
        "schedules",
        "lora",
        "checkpoints",
        "run_folder",
    ),
    "serving": (
        "export",
        "check",
        "ask",
        "precision",
        "client.rest_client",
        "client.grpc_client",
        "client.server_error",
        "server.server_config",
        "onnx.export",
    ),
    "visualization": (
        "attention_pictures",
        "learning_curve",
        "labelled_images",
        "flow_pictures",
        "flow_colors",
        "clips",
        "spectrograms",
        "tagged_clips",
        "point_clouds",
        "battle_maps",
        "search_pictures",
    ),
}
_LINK = re.compile(r"(\]\()([^)\s#:]+)((?:#[^)\s]*)?\))")


def on_files(files, config):
    """Adds pages from outside docs/ and the reference."""
    from mkdocs.structure.files import File

    for page, source in ELSEWHERE.items():
        text = (ROOT / source).read_text()
        files.append(File.generated(config, page, content=text))
    for name in (*PACKAGES, *MODULES):
        page = f"reference/{name}.md"
        text = reference(name)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown, page, **kwargs):
    """Puts links right, and answers into pages of notebooks."""
    place = page.file.src_uri
    notebook = ROOT / "docs" / place.replace(".md", ".ipynb")
    if place.startswith("notebooks/") and notebook.is_file():
        markdown = as_markdown(json.loads(notebook.read_text()))
    return with_links(markdown, place)


def with_links(markdown, page):
    """Returns a page whose links lead to pages of the site.

    Args:
        markdown: the page, with links as in the repository.
        page: where it is in the site, such as `index.md`.
    """
    source = ELSEWHERE.get(page, f"docs/{page}")
    pages = {file: name for name, file in ELSEWHERE.items()}

    def link(found):
        target = posixpath.join(posixpath.dirname(source), found[2])
        target = posixpath.normpath(target)
        inside = pages.get(target, target.removeprefix("docs/"))
        if inside == target:
            return found[0]
        relative = posixpath.relpath(inside, posixpath.dirname(page) or ".")
        return f"{found[1]}{relative}{found[3]}"

    return _LINK.sub(link, markdown)


def reference(name):
    """Returns the page of a package: directives for mkdocstrings."""
    package = f"keras_perceiver.{name}"
    source = ROOT / "keras_perceiver" / name / "__init__.py"
    tree = ast.parse(source.read_text())
    summary = ast.get_docstring(tree)
    if name in MODULES:
        objects = [f"{package}.{module}" for module in MODULES[name]]
    else:
        objects = [f"{package}.{public}" for public in public_names(tree)]
    directives = "\n\n".join(f"::: {one}" for one in objects)
    return f"# `{package}`\n\n{summary}\n\n{directives}\n"


def public_names(tree):
    """The names that an `__init__.py` gives, as `X as X`, in its order."""
    return [
        alias.asname
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if alias.asname
    ]


def as_markdown(notebook):
    """Returns a notebook with its answers as Markdown."""
    parts = []
    for cell in notebook["cells"]:
        text = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(text)
            continue
        is_bash = text.startswith("%%bash\n")
        language = "bash" if is_bash else "python"
        parts.append(f"```{language}\n{text.removeprefix('%%bash')}\n```")
        parts += map(_answer, cell["outputs"])
    return "\n\n".join(parts)


def _answer(output):
    if output["output_type"] == "stream":
        return f"```text\n{''.join(output['text']).strip()}\n```"
    data = output["data"]
    if "image/png" in data:
        encoded = "".join(data["image/png"]).replace("\n", "")
        return f'<img alt="answer" src="data:image/png;base64,{encoded}">'
    return f"```text\n{''.join(data['text/plain'])}\n```"
