import grpc
import pytest

from keras_perceiver.search import patience
from keras_perceiver.search.patience import PatientStub

KERAS_TUNERS = {"wait_for_ready": True, "timeout": 3600}


class Failure(grpc.RpcError):
    def __init__(self, code):
        self._code = code

    def code(self):
        return self._code

    def details(self):
        return "connection refused"


class Stub:
    """Fails with each of some codes, then answers."""

    def __init__(self, *codes):
        self.codes = list(codes)
        self.asked = []

    def CreateTrial(self, request, timeout, wait_for_ready=False):  # noqa: N802
        self.asked.append((request, timeout, wait_for_ready))
        if self.codes:
            raise Failure(self.codes.pop(0))
        return f"answer to {request}"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(patience, "SECONDS_BETWEEN_TRIES", 0)


def test_a_call_outlasts_a_chief_that_is_gone():
    stub = Stub(*[grpc.StatusCode.UNAVAILABLE] * 3)
    patient = PatientStub(stub)
    assert patient.CreateTrial("a", **KERAS_TUNERS) == "answer to a"
    # Else gRPC would wait an hour, and nobody would see it.
    assert stub.asked == [("a", 3600, False)] * 4


def test_what_the_chief_itself_answers_is_an_error():
    stub = Stub(grpc.StatusCode.UNKNOWN)
    with pytest.raises(Failure):
        PatientStub(stub).CreateTrial("a", **KERAS_TUNERS)
    assert len(stub.asked) == 1


def test_a_chief_that_stays_away_ends_the_worker_to_be_restarted(capsys):
    stub = Stub(*[grpc.StatusCode.UNAVAILABLE] * 9)
    with pytest.raises(SystemExit) as end:
        PatientStub(stub, seconds=0).CreateTrial("a", **KERAS_TUNERS)
    assert end.value.code == 75
    assert "connection refused" in capsys.readouterr().err
