"""Clients of a server, which need neither TensorFlow nor Keras."""

from keras_perceiver.serving.client.grpc_client import GrpcClient as GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient as RestClient
from keras_perceiver.serving.client.server_error import (
    ServerError as ServerError,
)
