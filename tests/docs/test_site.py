"""The documentation's site: all pages are in it, and links lead somewhere."""

import ast
import re

import pytest
import yaml

from scripts import docs_site
from scripts import drawings

ROOT = docs_site.ROOT
DOCS = ROOT / "docs"
SITE = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
PAGES = sorted(file.relative_to(DOCS).as_posix() for file in DOCS.rglob("*.md"))
READ_IN_THE_REPOSITORY = [
    *(f"docs/{page}" for page in PAGES),
    *docs_site.ELSEWHERE.values(),
]


def pages_of(nav):
    """All pages of a navigation, in order."""
    for entry in nav:
        for place in entry.values():
            yield from pages_of(place) if isinstance(place, list) else [place]


def test_every_page_is_in_the_navigation_once():
    names = (*docs_site.PACKAGES, *docs_site.MODULES)
    made = [*docs_site.ELSEWHERE, *(f"reference/{name}.md" for name in names)]
    assert sorted(pages_of(SITE["nav"])) == sorted([*PAGES, *made])


def without_code(text):
    return re.sub(r"^```.*?^```$|`[^`\n]*`", "", text, flags=re.M | re.S)


@pytest.mark.parametrize("page", READ_IN_THE_REPOSITORY)
def test_links_lead_to_files_and_headings(page):
    text = without_code((ROOT / page).read_text())
    for target, anchor in re.findall(r"\]\(([^)\s#:]*)(#[^)\s]*)?\)", text):
        file = (ROOT / page).parent / target if target else ROOT / page
        assert file.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.*)", file.read_text(), re.M)
            slugs = {
                re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
                for heading in headings
            }
            assert anchor[1:] in slugs, (target, anchor)


@pytest.mark.parametrize(
    ("page", "link", "there"),
    [
        ("index.md", "docs/tasks.md#a", "tasks.md#a"),
        ("index.md", "docs/learning_curve.png", "learning_curve.png"),
        ("index.md", "saved_models/README.md", "saved_models.md"),
        ("serving.md", "../saved_models/README.md", "saved_models.md"),
        ("saved_models.md", "../docs/serving.md", "serving.md"),
        ("tutorials/serve.md", "../recipes.md", "../recipes.md"),
        (
            "tutorials/serve.md",
            "../../saved_models/README.md",
            "../saved_models.md",
        ),
        ("tutorials/serve.md", "own_text.md", "own_text.md"),
        ("tasks.md", "https://keras.io/api", "https://keras.io/api"),
        ("tasks.md", "#here", "#here"),
        # Not on the site: MkDocs will say so.
        ("tasks.md", "../launchers/tpu_vm.sh", "../launchers/tpu_vm.sh"),
    ],
)
def test_links_of_the_repository_become_links_of_the_site(page, link, there):
    given = f"see [this]({link}), ![that]({link})."
    wanted = f"see [this]({there}), ![that]({there})."
    assert docs_site.with_links(given, page) == wanted


def test_the_reference_has_what_is_public():
    layers = docs_site.reference("layers")
    assert layers.startswith(
        "# `keras_perceiver.layers`\n\nLayers of Perceiver"
    )
    assert "::: keras_perceiver.layers.PerceiverResampler\n" in layers
    tree = ast.parse(
        "from a import b\nfrom a import c as c\nfrom a import d as e"
    )
    assert docs_site.public_names(tree) == ["c", "e"]
    for name in docs_site.PACKAGES:
        assert docs_site.reference(name).count(":::") > 3
    for package, modules in docs_site.MODULES.items():
        page = docs_site.reference(package)
        for module in modules:
            assert f"::: keras_perceiver.{package}.{module}\n" in page
            file = f"keras_perceiver/{package}/{module.replace('.', '/')}.py"
            assert (ROOT / file).is_file()


def test_call_arguments_become_a_list():
    pytest.importorskip("griffe", reason="comes with the extra docs")
    from scripts import call_arguments

    given = (
        "Reads.\n\nCall arguments:\n    queries: `(B, O, E)`; a batch\n"
        "        of 1.\n    inputs: `(B, M, C)`.\n\nReturns:\n    `(B, O, E)`."
    )
    wanted = (
        "Reads.\n\n**Call arguments:**\n\n"
        "- **`queries`**: `(B, O, E)`; a batch\n"
        "        of 1.\n- **`inputs`**: `(B, M, C)`.\n\n"
        "Returns:\n    `(B, O, E)`."
    )
    assert call_arguments.as_list(given) == wanted
    assert call_arguments.as_list("Reads.") == "Reads."


@pytest.mark.parametrize("name", drawings.DRAWINGS)
def test_drawings_are_what_the_script_gives(name):
    drawn = (drawings.FOLDER / f"{name}.svg").read_text()
    assert drawn == drawings.DRAWINGS[name]().svg(), (
        "run python -m scripts.drawings"
    )
    assert drawn.count("<text") > 2
