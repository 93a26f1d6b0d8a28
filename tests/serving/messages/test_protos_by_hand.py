"""Messages of TensorFlow and its server, against bytes and texts by hand."""

import importlib
import subprocess
import sys

import pytest

from keras_perceiver.serving.messages import protos

# Numbers and types as in the server's own descriptions.
BY_HAND = [
    (
        "BatchingParameters",
        "max_batch_size { value: 32 } batch_timeout_micros { value: 0 } "
        "max_enqueued_batches { value: 3 } num_batch_threads { value: 4 } "
        'thread_pool_name { value: "p" } allowed_batch_sizes: [1, 32] '
        "pad_variable_length_inputs: true "
        "enable_large_batch_splitting { value: true } "
        "max_execution_batch_size { value: 5 }",
        b"\x0a\x02\x08\x20\x12\x00\x1a\x02\x08\x03\x22\x02\x08\x04"
        b"\x2a\x03\x0a\x01p\x32\x02\x01\x20\x38\x01\x42\x02\x08\x01"
        b"\x4a\x02\x08\x05",
    ),
    (
        "SSLConfig",
        'server_key: "k" server_cert: "c" custom_ca: "a" client_verify: true',
        b"\x0a\x01k\x12\x01c\x1a\x01a\x20\x01",
    ),
    (
        "MonitoringConfig",
        'prometheus_config { enable: true path: "/m" }',
        b"\x0a\x06\x08\x01\x12\x02/m",
    ),
]


@pytest.mark.parametrize(("name", "text", "content"), BY_HAND)
def test_what_is_nowhere_published_is_written_by_hand(name, text, content):
    parsed = protos.parse_text(name, text)
    assert parsed.SerializeToString() == content
    assert protos.parse(name, content) == parsed
    assert protos.parse_text(name, protos.as_text(parsed)) == parsed


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("ModelSpec", b"\xff"),
        ("ModelSpec", b"\x0a\x05abc"),
        ("ModelSpec", b"\x0a\x01\xff"),
        ("SavedModel", b"<html>"),
        # Deeper than any message is.
        ("AttrValue", b"\x52\x80\x01" * 200),
    ],
)
def test_bytes_of_something_else_are_told(name, content):
    with pytest.raises(ValueError, match=f"bytes are no {name}: "):
        protos.parse(name, content)


def test_a_wrong_line_is_named():
    text = "max_batch_size { value: 4 }\nnum_batch_threads: 4"
    with pytest.raises(ValueError, match=r"no BatchingParameters: line 2:"):
        protos.parse_text("BatchingParameters", text)
    with pytest.raises(ValueError, match="allowed_batches"):
        protos.parse_text("BatchingParameters", "allowed_batches: 4")


# Threads that make the same classes at once must get the same ones.
PROGRAM = """
import sys, threading, types
package = types.ModuleType("keras_perceiver")
package.__path__ = [sys.argv[1]]
sys.modules["keras_perceiver"] = package
from keras_perceiver.serving.messages import protos
sys.setswitchinterval(1e-6)
names = ["ModelSpec", "PredictRequest"] * 4
start, pools = threading.Barrier(len(names)), []
def make(name):
    start.wait()
    pools.append(protos.message_class(name).DESCRIPTOR.file.pool)
threads = [threading.Thread(target=make, args=[name]) for name in names]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert len(set(map(id, pools))) == 1 and len(pools) == len(names)
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def test_classes_are_made_once_and_of_protobuf_alone():
    package = str(importlib.import_module("keras_perceiver").__path__[0])
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM, package],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    modules = finished.stdout.split()
    assert "google" in modules
    assert not {"tensorflow", "keras", "numpy", "grpc"} & set(modules)
