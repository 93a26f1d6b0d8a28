"""Where checkpoints come from: files, folders, addresses."""

import dataclasses
import pathlib
import re
import types

from keras_perceiver.convert import deepmind
from keras_perceiver.convert import download
from keras_perceiver.convert import huggingface
from keras_perceiver.convert import huggingface_config
from keras_perceiver.convert import local_files
from keras_perceiver.convert import naming
from keras_perceiver.convert import restricted_pickle
from keras_perceiver.convert import tensor_files

CONFIG_FILE = "config.json"
_OUR_FILE = "model.json"
_HUB = "https://huggingface.co"
_HUB_ADDRESS = re.compile(r"hf://([\w.-]+/[\w.-]+?)(?:@([\w.-]+))?/?")


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What was read of a checkpoint, before anything is made of it.

    Attributes:
        where: its file, folder or address.
        form: the module that knows its names: `deepmind` or `huggingface`.
        tensors: its arrays by name.
        config: Hugging Face's `config.json`, or None.
    """

    where: str
    form: types.ModuleType
    tensors: dict
    config: dict | None = None

    @property
    def family(self):
        """The name of its family of models.

        Raises:
            ValueError: if it is of none that is known.
        """
        name = naming.family_of(self.tensors, self.form.FAMILIES)
        if name is None:
            some = ", ".join(sorted(self.tensors)[:3]) or "nothing"
            raise ValueError(
                f"{self.where} is no {self.form.NAME} checkpoint of a "
                f"Perceiver. It holds {len(self.tensors)} tensors: {some} ..."
            )
        return name


def read_checkpoint(source, *, sha256=None, max_bytes):
    """Reads a checkpoint of DeepMind or Hugging Face.

    Args:
        source: a file pickled by DeepMind, its https address, a folder of
            Hugging Face, or `hf://OWNER/NAME`, with `@REVISION` if wanted.
        sha256: what the file has to have; for a folder a dictionary by file
            name. Downloads need it, and of `hf://` the files named in it are
            fetched.
        max_bytes: the largest file that is read.

    Returns:
        A `Checkpoint`.

    Raises:
        ValueError: if it is no checkpoint that can be read safely.
        OSError: if it is not there.
    """
    address = str(source)
    if address.startswith("hf://"):
        files = _hub_files(address, sha256, max_bytes)
        return _hugging_face(files, address, max_bytes)
    if address.startswith("https://"):
        path = download.fetch(address, sha256, max_bytes=max_bytes)
        return _deepmind(path, max_bytes)
    if re.match(r"\w+://", address):
        raise ValueError(
            "Checkpoints are read from files, folders, https:// and "
            f"hf://OWNER/NAME. Received: source={address!r}"
        )
    path = pathlib.Path(source)
    if path.is_dir():
        files = _folder_files(path)
        for name, expected in _by_name(sha256).items():
            if name not in files:
                raise ValueError(f"{path} holds no {name} to compare.")
            local_files.check_sha256(files[name], expected)
        return _hugging_face(files, path, max_bytes)
    if not path.exists() and not path.is_symlink():
        raise FileNotFoundError(_not_there(path))
    if sha256:
        local_files.open_regular(path, max_bytes).close()
        local_files.check_sha256(path, sha256)
    return _deepmind(path, max_bytes)


def _not_there(path):
    for address in download.PUBLISHED:
        if address.endswith(f"/{path.name}"):
            return f"{path} does not exist. DeepMind publishes it at {address}."
    return f"{path} does not exist. Wanted: a DeepMind pickle or a folder."


def _deepmind(path, max_bytes):
    params, state = restricted_pickle.read_deepmind_pickle(
        path, max_bytes=max_bytes
    )
    tensors = {}
    for modules in (params, state):
        for module, arrays in modules.items():
            for name, array in arrays.items():
                key = f"{module}/{name}"
                if key in tensors:
                    raise ValueError(f"{path} holds {key} twice.")
                tensors[key] = array
    return Checkpoint(str(path), deepmind, tensors)


def _folder_files(folder):
    if (folder / _OUR_FILE).is_file():
        raise ValueError(
            f"{folder} was written by save_pretrained. Use "
            "load_pretrained(folder)."
        )
    return {path.name: path for path in folder.iterdir()}


def _by_name(sha256):
    """Pinned hashes by file name; a single one is that of the weights."""
    if isinstance(sha256, str):
        return {tensor_files.WHOLE_FILES[0]: sha256}
    return sha256 or {}


def _hub_files(address, sha256, max_bytes):
    match = _HUB_ADDRESS.fullmatch(address)
    if not match:
        raise ValueError(
            f"Wanted: hf://OWNER/NAME or hf://OWNER/NAME@REVISION. Received: "
            f"source={address!r}"
        )
    name, revision = match[1], match[2] or "main"
    if not sha256:
        raise ValueError(
            f"{address} is only downloaded with the SHA-256 of each file "
            "pinned: pass sha256={'config.json': '...', 'model.safetensors': "
            f"'...'}}. {_HUB}/{name}/tree/{revision} shows the files, and the "
            "hash of a large one on its page; of the others, download them "
            "once and run `sha256sum FILE`."
        )
    return {
        file: download.fetch(
            f"{_HUB}/{name}/resolve/{revision}/{file}",
            expected,
            max_bytes=max_bytes,
        )
        for file, expected in _by_name(sha256).items()
    }


def _hugging_face(files, where, max_bytes):
    config = None
    if CONFIG_FILE in files:
        config = tensor_files.read_json(files[CONFIG_FILE])
        huggingface_config.check(config, files[CONFIG_FILE])
    tensors = tensor_files.read_model_files(files, where, max_bytes=max_bytes)
    return Checkpoint(str(where), huggingface, tensors, config)
