"""The two clients, by what they speak."""

from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from tests.serving import fake_servers

CLIENTS = {
    "rest": (RestClient, fake_servers.fake_rest),
    "grpc": (GrpcClient, fake_servers.fake_grpc),
}

ADDRESSES = {RestClient: "http", GrpcClient: "grpc"}
