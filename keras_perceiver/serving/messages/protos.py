"""The messages of TensorFlow and its server, as far as this library uses them.

They are described here, and not imported: the package of the server's
messages lacks those of batching, TLS and monitoring, imports TensorFlow and
Keras (seconds, where a client needs a tenth of one), and wants one version of
TensorFlow. Tests compare every field with the official descriptions. What is
left out is skipped in reading.
"""

import functools
import re
import threading

# Enumerations are int32, which are the same bytes.
_SCHEMA = """
TensorShapeDim { int64 size = 1; }
TensorShapeProto { repeated TensorShapeDim dim = 2; bool unknown_rank = 3; }
TensorProto {
  int32 dtype = 1; TensorShapeProto tensor_shape = 2;
  bytes tensor_content = 4; repeated float float_val = 5;
  repeated double double_val = 6; repeated int32 int_val = 7;
  repeated bytes string_val = 8; repeated int64 int64_val = 10;
  repeated bool bool_val = 11;
}
TensorInfo {
  string name = 1; int32 dtype = 2; TensorShapeProto tensor_shape = 3;
}
SignatureDef {
  map<TensorInfo> inputs = 1; map<TensorInfo> outputs = 2;
  string method_name = 3;
}
SignatureDefMap { map<SignatureDef> signature_def = 1; }

NameAttrList { string name = 1; map<AttrValue> attr = 2; }
AttrList { repeated NameAttrList func = 9; }
AttrValue { AttrList list = 1; bool b = 5; NameAttrList func = 10; }
OpDef { string name = 1; }
OpList { repeated OpDef op = 1; }
NodeDef {
  string name = 1; string op = 2; repeated string input = 3;
  map<AttrValue> attr = 5;
}
FunctionDef {
  OpDef signature = 1; repeated NodeDef node_def = 3; map<AttrValue> attr = 5;
}
FunctionDefLibrary { repeated FunctionDef function = 1; }
GraphDef { repeated NodeDef node = 1; FunctionDefLibrary library = 2; }
SaverDef {
  string filename_tensor_name = 1; string save_tensor_name = 2;
  string restore_op_name = 3;
}
NodeList { repeated string value = 1; }
CollectionDef { NodeList node_list = 1; }
MetaGraphDef {
  GraphDef graph_def = 2; SaverDef saver_def = 3;
  map<CollectionDef> collection_def = 4; map<SignatureDef> signature_def = 5;
}
SavedModel { repeated MetaGraphDef meta_graphs = 2; }

Int64Value { int64 value = 1; }
BoolValue { bool value = 1; }
StringValue { string value = 1; }
Any { string type_url = 1; bytes value = 2; }

ModelSpec {
  string name = 1; Int64Value version = 2; string signature_name = 3;
  string version_label = 4;
}
PredictRequest {
  ModelSpec model_spec = 1; map<TensorProto> inputs = 2;
  repeated string output_filter = 3;
}
PredictResponse { map<TensorProto> outputs = 1; ModelSpec model_spec = 2; }
PredictLog { PredictRequest request = 1; PredictResponse response = 2; }
PredictionLog { PredictLog predict_log = 6; }

StatusProto { int32 error_code = 1; string error_message = 2; }
ModelVersionStatus {
  int64 version = 1; int32 state = 2; StatusProto status = 3;
}
GetModelStatusRequest { ModelSpec model_spec = 1; }
GetModelStatusResponse {
  repeated ModelVersionStatus model_version_status = 1;
}
GetModelMetadataRequest {
  ModelSpec model_spec = 1; repeated string metadata_field = 2;
}
GetModelMetadataResponse { ModelSpec model_spec = 1; map<Any> metadata = 2; }

Latest { uint32 num_versions = 1; }
All { }
Specific { repeated int64 versions = 1; }
ServableVersionPolicy {
  Latest latest = 100; All all = 101; Specific specific = 102;
}
ModelConfig {
  string name = 1; string base_path = 2; string model_platform = 4;
  ServableVersionPolicy model_version_policy = 7;
  map<int64> version_labels = 8;
}
ModelConfigList { repeated ModelConfig config = 1; }
ModelServerConfig { ModelConfigList model_config_list = 1; }

BatchingParameters {
  Int64Value max_batch_size = 1; Int64Value batch_timeout_micros = 2;
  Int64Value max_enqueued_batches = 3; Int64Value num_batch_threads = 4;
  StringValue thread_pool_name = 5; repeated int64 allowed_batch_sizes = 6;
  bool pad_variable_length_inputs = 7;
  BoolValue enable_large_batch_splitting = 8;
  Int64Value max_execution_batch_size = 9;
}
SSLConfig {
  string server_key = 1; string server_cert = 2; string custom_ca = 3;
  bool client_verify = 4;
}
PrometheusConfig { bool enable = 1; string path = 2; }
MonitoringConfig { PrometheusConfig prometheus_config = 1; }
"""

_MESSAGE = re.compile(r"(\w+) {([^}]*)}")
# Two pools would have two classes of each message.
_ONE_AT_A_TIME = threading.Lock()
_FIELD = re.compile(r"(repeated )?(map<)?(\w+)>? (\w+) = (\d+);")


def message(name, /, **fields):
    """Returns a new message, such as `message("ModelSpec", name="bytes")`."""
    return message_class(name)(**fields)


def parse(name, content):
    """Reads a message from bytes.

    Raises:
        ValueError: if they are none of that name.
    """
    from google.protobuf.message import DecodeError

    try:
        return message_class(name).FromString(content)
    except DecodeError as error:
        raise ValueError(
            f"{len(content):,} bytes are no {name}: {error}"
        ) from error


def parse_text(name, text):
    """Reads a message from the text that servers are configured with.

    Raises:
        ValueError: if it is none of that name, with the line that is wrong.
    """
    from google.protobuf import text_format

    try:
        return text_format.Parse(text, message(name))
    except text_format.ParseError as error:
        raise ValueError(f"This is no {name}: line {error}") from error


def as_text(filled):
    """Returns a message as the text that servers are configured with."""
    from google.protobuf import text_format

    return text_format.MessageToString(filled)


@functools.cache
def message_class(name):
    """Returns the class of a message by its name."""
    from google.protobuf import message_factory

    found = _pool().FindMessageTypeByName(f"tensorflow.{name}")
    return message_factory.GetMessageClass(found)


@functools.cache
def _pool():
    with _ONE_AT_A_TIME:
        return _described()


@functools.cache
def _described():
    """All messages, apart from those that others have loaded."""
    from google.protobuf import descriptor_pb2
    from google.protobuf import descriptor_pool

    file = descriptor_pb2.FileDescriptorProto(
        name="messages.proto", package="tensorflow", syntax="proto3"
    )
    for name, body in _MESSAGE.findall(_SCHEMA):
        described = file.message_type.add(name=name)
        for repeated, is_map, kind, field, number in _FIELD.findall(body):
            _add_field(
                described, field, int(number), kind, bool(repeated), is_map
            )
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(file.SerializeToString())
    return pool


def _add_field(described, name, number, kind, is_repeated, is_map):
    if is_map:
        entry = "".join(map(str.capitalize, name.split("_"))) + "Entry"
        nested = described.nested_type.add(name=entry)
        nested.options.map_entry = True
        _add_field(nested, "key", 1, "string", False, False)
        _add_field(nested, "value", 2, kind, False, False)
        kind, is_repeated = f"{described.name}.{entry}", True
    field = described.field.add(name=name, number=number)
    field.label = field.LABEL_REPEATED if is_repeated else field.LABEL_OPTIONAL
    if kind.islower():
        field.type = getattr(field, f"TYPE_{kind.upper()}")
    else:
        field.type = field.TYPE_MESSAGE
        field.type_name = f".tensorflow.{kind}"
