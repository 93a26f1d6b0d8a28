"""Downloads: pinned, whole or not at all; no network is used."""

import email.message
import hashlib
import io
import re
import urllib.error
import urllib.request

import pytest

from keras_perceiver.convert import download
from keras_perceiver.convert import load_checkpoint
from tests.convert.checkpoints import assert_same_values
from tests.convert.checkpoints import huggingface_tensors
from tests.convert.checkpoints import tiny
from tests.convert.checkpoints import values_of
from tests.convert.checkpoints import write_deepmind_pickle
from tests.convert.checkpoints import write_huggingface_folder

ADDRESS = "https://example.org/weights/model.pickle"
CONTENT = bytes(range(256)) * 20_000


def sha256(content):
    return hashlib.sha256(content).hexdigest()


class Response(io.BytesIO):
    def __init__(self, content, length=None):
        super().__init__(content)
        self.headers = email.message.Message()
        if length is not None:
            self.headers["Content-Length"] = str(length)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_PERCEIVER_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def served(cache, monkeypatch):
    """What each address gives, and which were asked for."""
    pages, asked = {}, []

    def answer(address):
        asked.append(address)
        if address not in pages:
            raise urllib.error.HTTPError(address, 404, "Not Found", {}, None)
        content, *length = pages[address]
        return Response(content, *(length or [len(content)]))

    monkeypatch.setattr(download, "_open", answer)
    pages[ADDRESS] = (CONTENT,)
    pages["asked"] = asked
    return pages


def fetch(expected=None, max_bytes=10**9):
    expected = sha256(CONTENT) if expected is None else expected
    return download.fetch(ADDRESS, expected, max_bytes=max_bytes)


def files_in(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_file_is_downloaded_once(served, cache):
    path = fetch()
    assert path.read_bytes() == CONTENT
    assert path == cache / sha256(CONTENT) / "model.pickle"
    assert fetch() == path
    assert served["asked"] == [ADDRESS]


def test_nothing_is_asked_for_without_a_hash(served, cache):
    for missing in ("", None):
        with pytest.raises(ValueError, match="SHA-256 pinned") as error:
            download.fetch(ADDRESS, missing, max_bytes=10**9)
    assert ADDRESS in str(error.value)
    assert "sha256sum FILE" in str(error.value)
    with pytest.raises(ValueError, match="64 hexadecimal digits"):
        fetch("abc")
    assert served["asked"] == []
    assert not cache.exists()


def test_another_file_is_thrown_away(served, cache):
    with pytest.raises(ValueError, match="is not the file that was wanted"):
        fetch("0" * 64)
    assert files_in(cache) == []


def test_a_file_changed_in_the_cache_is_told(served):
    path = fetch()
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match=re.escape(str(path))):
        fetch()


def test_what_breaks_off_leaves_nothing(served, cache):
    served[ADDRESS] = (CONTENT[:-5], len(CONTENT))
    with pytest.raises(OSError, match="broke off after 5,119,995 of"):
        fetch()
    assert files_in(cache) == []


@pytest.mark.parametrize("length", [len(CONTENT), None])
def test_what_is_too_large_stops(served, cache, length):
    """Whether the server says how large it is or not."""
    served[ADDRESS] = (CONTENT, length)
    with pytest.raises(ValueError, match="Received: max_bytes=2,000,000"):
        fetch(max_bytes=2_000_000)
    assert files_in(cache) == []


def test_an_address_that_does_not_answer_is_told(served):
    with pytest.raises(OSError, match=r"could not be downloaded \(HTTP Error"):
        download.fetch(f"{ADDRESS}.gone", "0" * 64, max_bytes=10**9)


@pytest.mark.parametrize("address", ["http://a.org/b", "file:///etc/passwd"])
def test_only_https_is_opened(address):
    with pytest.raises(urllib.error.URLError, match="is no https address"):
        download._open(address)
    request = urllib.request.Request(ADDRESS)
    redirect = download._HttpsOnly().redirect_request
    with pytest.raises(urllib.error.URLError, match="is no https address"):
        redirect(request, None, 302, "Found", {}, address)
    found = redirect(request, None, 302, "Found", {}, "https://cdn.org/b")
    assert found.full_url == "https://cdn.org/b"


def test_names_stay_in_the_cache(served, cache):
    for name in ("..", "a%2F..%2Fb", ".hidden", ""):
        address = f"https://example.org/{name}"
        served[address] = (CONTENT,)
        path = download.fetch(address, sha256(CONTENT), max_bytes=10**9)
        assert path.parent == cache / sha256(CONTENT)
        assert not path.name.startswith(".")


def test_progress_has_percent_and_time_left(served, monkeypatch, capsys):
    monkeypatch.setattr(download, "_SECONDS_BETWEEN_LINES", 0)
    fetch()
    lines = capsys.readouterr().err.splitlines()
    assert re.fullmatch(
        r"model\.pickle: 1 MB of 5 MB, 20%, \d+ s left +", lines[0]
    )
    assert "100%, 0 s left" in lines[-1]


def test_the_cache_is_where_caches_are(monkeypatch, tmp_path):
    monkeypatch.delenv("KERAS_PERCEIVER_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert download.cache_folder() == tmp_path / "keras_perceiver"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert download.cache_folder() == tmp_path / ".cache/keras_perceiver"


@pytest.fixture(scope="module")
def model():
    return tiny("language_bytes")


def test_a_pickle_is_loaded_from_its_address(served, model, tmp_path):
    content = write_deepmind_pickle(tmp_path / "p", model).read_bytes()
    served[ADDRESS] = (content,)
    other = tiny("language_bytes", gelu_approximate=False)
    load_checkpoint(other, ADDRESS, sha256=sha256(content))
    assert_same_values(other, values_of(model))


@pytest.mark.parametrize("revision", ["main", "abc123"])
def test_a_model_of_the_hub_is_loaded(served, model, tmp_path, revision):
    folder = write_huggingface_folder(
        tmp_path / "folder", huggingface_tensors(model), hidden_act="gelu_new"
    )
    base = f"https://huggingface.co/someone/some-model/resolve/{revision}"
    pins = {}
    for file in folder.iterdir():
        served[f"{base}/{file.name}"] = (file.read_bytes(),)
        pins[file.name] = sha256(file.read_bytes())
    source = "hf://someone/some-model"
    source += "" if revision == "main" else f"@{revision}"
    other = tiny("language_bytes")
    assert load_checkpoint(other, source, sha256=pins) == {}
    assert_same_values(other, values_of(model))
    # One hash is that of the weights; then nothing tells the activation.
    pin = pins["model.safetensors"]
    form = load_checkpoint(other, source, sha256=pin)
    assert form == {"gelu_approximate": False}


def test_the_hub_needs_hashes_too(served, model):
    with pytest.raises(ValueError, match="SHA-256 of each file") as error:
        load_checkpoint(model, "hf://deepmind/language-perceiver")
    assert "deepmind/language-perceiver/tree/main" in str(error.value)
    assert served["asked"] == []


@pytest.mark.parametrize(
    "source", ["hf://", "hf://model", "hf://a/b/c", "hf://a/../b"]
)
def test_addresses_of_the_hub_have_an_owner_and_a_name(served, model, source):
    with pytest.raises(ValueError, match="Wanted: hf://OWNER/NAME"):
        load_checkpoint(model, source, sha256="0" * 64)
    assert served["asked"] == []
