"""Labels of all records: read once, and kept beside the data."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import time

from keras_perceiver import files
from keras_perceiver.training.progress import time_in_words

_SECONDS_BETWEEN_LINES = 10


def read(shards, feature, scan, folder, what):
    """Reads the labels of all records, or what was written of them before.

    The index is a JSON file in the folder, `labels_HASH.json`. It counts as
    long as the names, sizes and times of the files are the same.

    Args:
        shards: `RecordFiles`.
        feature: the name of the label in them.
        scan: from the number of a file to its labels, a list of integers,
            and the class names found there, by label.
        folder: where the index is kept; None for nowhere.
        what: the data in words.

    Returns:
        A list of integers for each file, and class names by label.
    """
    stamps = shards.stamps() if folder else None
    content = _load(_path(folder, shards, feature), stamps) if folder else None
    if content is None:
        labels, names = _scan_all(len(shards.paths), scan, what)
        content = {
            "files": stamps,
            "labels": labels,
            "class_names": {str(label): name for label, name in names.items()},
        }
        if folder:
            _save(_path(folder, shards, feature), content)
    names = {int(key): name for key, name in content["class_names"].items()}
    return content["labels"], names


def _path(folder, shards, feature):
    parts = [shards.names, shards.skips, shards.counts, feature]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    return pathlib.Path(folder) / f"labels_{digest[:12]}.json"


def _load(path, stamps):
    """What is in the index, None if it is of other files or none at all."""
    try:
        content = json.loads(path.read_text())
        is_right = (
            content["files"] == stamps
            and len(content["labels"]) == len(stamps)
            and all(
                type(label) is int
                for labels in content["labels"]
                for label in labels
            )
            and all(
                isinstance(name, str) and key.lstrip("-").isdigit()
                for key, name in content["class_names"].items()
            )
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return content if is_right else None


def _save(path, content):
    try:
        files.write_text(path, json.dumps(content) + "\n")
    except OSError as error:
        print(
            f"{path} cannot be written ({error.strerror}): labels are counted "
            "anew at every start."
        )


def _scan_all(count, scan, what):
    began = last_line = time.monotonic()
    labels, class_names = [], {}
    pool = concurrent.futures.ThreadPoolExecutor(min(16, os.cpu_count() or 1))
    try:
        for done, found in enumerate(pool.map(scan, range(count)), 1):
            labels.append(found[0])
            # The first file that names a class decides.
            class_names = {**found[1], **class_names}
            now = time.monotonic()
            if now - last_line > _SECONDS_BETWEEN_LINES and done < count:
                left = time_in_words((now - began) / done * (count - done))
                print(
                    f"counting the labels of {what}: {done:,} of {count:,} "
                    f"files  {left} left",
                    flush=True,
                )
                last_line = now
    finally:
        pool.shutdown(cancel_futures=True)
    return labels, class_names
