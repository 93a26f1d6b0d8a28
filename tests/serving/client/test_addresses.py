"""Where a client may be sent, and what it is refused."""

import math
import shutil
import subprocess

import pytest

from keras_perceiver.serving.client.grpc_client import GrpcClient
from keras_perceiver.serving.client.rest_client import RestClient
from keras_perceiver.serving.client.server_error import ServerError
from tests.serving.client.clients import ADDRESSES
from tests.serving.client.clients import CLIENTS


@pytest.mark.parametrize("make", ADDRESSES)
@pytest.mark.parametrize(
    "rest", ["user:secret@host", "host?a=secret", "host#secret", ":1", "h:x"]
)
def test_addresses_that_are_none_are_refused(make, rest):
    with pytest.raises(ValueError, match=r"[Aa]n? address") as error:
        make(f"{ADDRESSES[make]}://{rest}", "m")
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("make", "address"),
    [
        (RestClient, "ftp://host"),
        (RestClient, "file:///etc/passwd"),
        (RestClient, "host:8501"),
        (RestClient, "grpc://host"),
        (GrpcClient, "http://host"),
        (GrpcClient, "host:8500"),
    ],
)
def test_other_schemes_are_refused(make, address):
    with pytest.raises(ValueError, match="Wanted: an address such as"):
        make(address, "m")


@pytest.mark.parametrize("make", ADDRESSES)
def test_options_out_of_range_are_refused(make):
    address = f"{ADDRESSES[make]}://host"
    for options in ({"timeout": 0}, {"timeout": math.nan}, {"retries": -1}):
        with pytest.raises(ValueError, match="timeout in seconds above 0"):
            make(address, "m", **options)
    with pytest.raises(ValueError, match="by a version or by a label"):
        make(address, "m", version=1, label="stable")
    with pytest.raises(ValueError, match="begins with"):
        make(address, "m", ca_file="some.pem")


def test_names_are_quoted():
    client = RestClient("http://host/behind/", "a/b c", label="\N{SNOWMAN}")
    wanted = "/behind/v1/models/a%2Fb%20c/labels/%E2%98%83"
    assert client._path == wanted


@pytest.fixture
def certificate(tmp_path):
    """The files of a certificate for 127.0.0.1 and of its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("makes a certificate: install openssl")
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-subj", "/CN=localhost"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", key, "-out", certificate),
        ],
        capture_output=True,
        check=True,
    )
    return certificate, key


@pytest.mark.parametrize("name", CLIENTS)
def test_a_certificate_is_checked(name, certificate):
    make, serve = CLIENTS[name]
    with serve(certificate) as fake:
        assert fake.address.startswith(("https://", "grpcs://"))
        with make(fake.address, "m", ca_file=certificate[0]) as client:
            assert client.predict({"x": [1]})["y"].tolist() == [2]
        with (
            make(fake.address, "m", retries=0) as client,
            pytest.raises(ServerError) as error,
        ):
            client.predict({"x": [1]})
    assert error.value.code == "UNAVAILABLE"
    assert len(fake.requests) == 1
