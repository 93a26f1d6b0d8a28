"""Messages of TensorFlow and its server, against the official ones."""

import importlib

import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2
from google.protobuf import text_format

from keras_perceiver.serving.messages import protos

pytest.importorskip("tensorflow_serving")

# Where each message is described officially; dots lead to nested ones.
OFFICIAL = {
    "google.protobuf.any_pb2": ["Any"],
    "google.protobuf.wrappers_pb2": ["BoolValue", "Int64Value", "StringValue"],
    "tensorflow.core.framework.attr_value_pb2": [
        *("AttrValue", "AttrValue.ListValue", "NameAttrList"),
    ],
    "tensorflow.core.framework.function_pb2": [
        *("FunctionDef", "FunctionDefLibrary"),
    ],
    "tensorflow.core.framework.graph_pb2": ["GraphDef"],
    "tensorflow.core.framework.node_def_pb2": ["NodeDef"],
    "tensorflow.core.framework.op_def_pb2": ["OpDef", "OpList"],
    "tensorflow.core.framework.tensor_pb2": ["TensorProto"],
    "tensorflow.core.framework.tensor_shape_pb2": [
        *("TensorShapeProto", "TensorShapeProto.Dim"),
    ],
    "tensorflow.core.protobuf.meta_graph_pb2": [
        *("CollectionDef", "CollectionDef.NodeList", "MetaGraphDef"),
        *("SignatureDef", "TensorInfo"),
    ],
    "tensorflow.core.protobuf.saved_model_pb2": ["SavedModel"],
    "tensorflow.core.protobuf.saver_pb2": ["SaverDef"],
    "tensorflow_serving.apis.get_model_metadata_pb2": [
        *("GetModelMetadataRequest", "GetModelMetadataResponse"),
        "SignatureDefMap",
    ],
    "tensorflow_serving.apis.get_model_status_pb2": [
        *("GetModelStatusRequest", "GetModelStatusResponse"),
        "ModelVersionStatus",
    ],
    "tensorflow_serving.apis.model_pb2": ["ModelSpec"],
    "tensorflow_serving.apis.predict_pb2": [
        *("PredictRequest", "PredictResponse"),
    ],
    "tensorflow_serving.apis.prediction_log_pb2": [
        *("PredictionLog", "PredictLog"),
    ],
    "tensorflow_serving.config.file_system_storage_path_source_pb2": [
        "FileSystemStoragePathSourceConfig.ServableVersionPolicy",
        "FileSystemStoragePathSourceConfig.ServableVersionPolicy.All",
        "FileSystemStoragePathSourceConfig.ServableVersionPolicy.Latest",
        "FileSystemStoragePathSourceConfig.ServableVersionPolicy.Specific",
    ],
    "tensorflow_serving.config.model_server_config_pb2": [
        *("ModelConfig", "ModelConfigList", "ModelServerConfig"),
    ],
    "tensorflow_serving.apis.status_pb2": ["StatusProto"],
}

RENAMED = {
    "AttrValue.ListValue": "AttrList",
    "TensorShapeProto.Dim": "TensorShapeDim",
}

# No package of the server's messages has these.
UNPUBLISHED = {
    *("BatchingParameters", "MonitoringConfig", "PrometheusConfig"),
    "SSLConfig",
}


def official_classes():
    found = {}
    for module, names in OFFICIAL.items():
        for name in names:
            value = importlib.import_module(module)
            for part in name.split("."):
                value = getattr(value, part)
            found[RENAMED.get(name, name.rpartition(".")[2])] = value
    return found


CLASSES = official_classes()

NAMES = [name for name, _ in protos._MESSAGE.findall(protos._SCHEMA)]


def test_every_message_is_compared():
    assert set(NAMES) == set(CLASSES) | UNPUBLISHED
    assert len(NAMES) == len(set(NAMES))


def described(message_class):
    """The fields of a message by name, as plain facts."""
    proto = descriptor_pb2.DescriptorProto()
    message_class.DESCRIPTOR.CopyToProto(proto)
    maps = {
        nested.name: tuple(map(fact, nested.field))
        for nested in proto.nested_type
        if nested.options.map_entry
    }
    return {
        field.name: (fact(field), maps.get(field.type_name.rpartition(".")[2]))
        for field in proto.field
    }


def fact(field):
    kind = field.type
    if kind == field.TYPE_ENUM:
        kind = field.TYPE_INT32
    return field.name, field.number, kind, field.label


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_fields_are_the_official_ones(name):
    ours = described(protos.message_class(name))
    official = described(CLASSES[name])
    assert ours == {field: official[field] for field in ours}


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_fields_hold_the_official_messages(name):
    fields = protos.message_class(name).DESCRIPTOR.fields_by_name
    for field in fields.values():
        theirs = CLASSES[name].DESCRIPTOR.fields_by_name[field.name]
        ours, theirs = field.message_type, theirs.message_type
        if ours is not None and ours.GetOptions().map_entry:
            ours = ours.fields_by_name["value"].message_type
            theirs = theirs.fields_by_name["value"].message_type
        if ours is not None:
            assert CLASSES[ours.name].DESCRIPTOR.full_name == theirs.full_name


def samples(message_class, depth=4):
    """Messages of one field each, and in it messages of one field each."""
    yield message_class()
    for field in message_class.DESCRIPTOR.fields if depth else ():
        for value in values_of(field, depth):
            sample = message_class()
            place = getattr(sample, field.name)
            if hasattr(place, "add"):
                place.add().CopyFrom(value)
            elif hasattr(place, "append"):
                place.append(value)
            elif hasattr(place, "MergeFrom") and hasattr(place, "keys"):
                put(place, field, value)
            elif field.message_type is not None:
                place.CopyFrom(value)
                place.SetInParent()
            else:
                setattr(sample, field.name, value)
            yield sample


def put(place, field, value):
    if field.message_type.fields_by_name["value"].message_type is None:
        place["key"] = value
    else:
        place["key"].CopyFrom(value)


def values_of(field, depth):
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        yield from values_of(kind.fields_by_name["value"], depth)
    elif kind is not None:
        yield from samples(protos.message_class(kind.name), depth - 1)
    else:
        yield {
            field.CPPTYPE_BOOL: True,
            field.CPPTYPE_DOUBLE: 0.1,
            field.CPPTYPE_FLOAT: 0.5,
            field.CPPTYPE_INT32: -7,
            field.CPPTYPE_INT64: -(2**40),
            field.CPPTYPE_UINT32: 2**32 - 1,
            field.CPPTYPE_STRING: (
                b"a\0\xff" if field.type == field.TYPE_BYTES else "\0ä"
            ),
        }[field.cpp_type]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_bytes_mean_the_same_both_ways(name):
    ours = protos.message_class(name)
    count = 0
    for sample in samples(ours):
        content = sample.SerializeToString(deterministic=True)
        theirs = CLASSES[name].FromString(content)
        assert theirs.SerializeToString(deterministic=True) == content
        # What they do not know they would have kept as it came.
        theirs.DiscardUnknownFields()
        assert theirs.SerializeToString(deterministic=True) == content
        assert protos.parse(name, content) == sample
        count += 1
    assert count > len(ours.DESCRIPTOR.fields)


def test_what_is_left_out_is_skipped_and_kept(exported):
    content = (exported / "saved_model.pb").read_bytes()
    official = CLASSES["SavedModel"].FromString(content)
    ours = protos.parse("SavedModel", content)
    assert (
        CLASSES["SavedModel"].FromString(ours.SerializeToString()) == official
    )
    signatures = ours.meta_graphs[0].signature_def
    assert set(signatures) == set(official.meta_graphs[0].signature_def)
    (text,) = signatures["serving_default"].inputs.values()
    assert text.dtype == tf.string.as_datatype_enum
    assert [size.size for size in text.tensor_shape.dim] == [-1]


def test_texts_of_servers_are_read_and_written():
    config = protos.message("ModelServerConfig")
    model = config.model_config_list.config.add(
        name="a", base_path="/models/a", model_platform="tensorflow"
    )
    model.model_version_policy.specific.versions.extend([1, 3])
    model.version_labels["stable"] = 1
    text = protos.as_text(config)
    official = text_format.Parse(text, CLASSES["ModelServerConfig"]())
    assert official.SerializeToString() == config.SerializeToString()
    assert protos.parse_text("ModelServerConfig", text) == config
