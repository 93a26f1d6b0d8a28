"""The files that a server starts with, one by one, and the page on them."""

import http.server
import json
import re
import subprocess
import threading

import pytest
from google.protobuf import text_format
from tensorflow.core.protobuf import config_pb2

from keras_perceiver import __main__ as command_line
from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.server.server_config import write_server_config
from tests.serving.example_exports import BY_HAND
from tests.serving.example_exports import TEMPLATES
from tests.serving.example_exports import make_exports
from tests.serving.example_exports import write_example

README = (TEMPLATES.parent / "README.md").read_text()


@pytest.fixture
def folder(tmp_path):
    return make_exports(tmp_path / "saved", byte_mlm=(1, 2, 10), flow=(3,))


def test_a_gpu_is_not_taken_whole(folder):
    write_server_config(folder, gpu=True)
    text = (folder / "session.config").read_text()
    session = text_format.Parse(text, config_pb2.ConfigProto())
    assert session.gpu_options.allow_growth
    text = (folder / "compose.yaml").read_text()
    assert "-gpu\n" in text
    assert "--tensorflow_session_config_file=/models/session.config" in text


def test_the_metrics_are_where_prometheus_looks(folder):
    write_server_config(folder)
    text = (folder / "monitoring.config").read_text()
    config = protos.parse_text("MonitoringConfig", text).prometheus_config
    assert config.enable
    assert (
        f"metrics_path: {config.path}\n"
        in (folder / "prometheus.yml").read_text()
    )


def test_every_port_is_of_this_machine_alone(folder):
    write_server_config(folder)
    text = (folder / "compose.yaml").read_text()
    ports = re.findall(r'- "(\S*:)\d+:\d+"', text.replace("65534:65534", ""))
    assert ports == ["127.0.0.1:"] * 4
    assert text.count("ports:") == 3
    assert "network_mode" not in text


@pytest.mark.parametrize("gpu", [False, True])
def test_the_containers_can_do_little(folder, gpu):
    yaml = pytest.importorskip("yaml")
    write_server_config(folder, gpu=gpu)
    compose = yaml.safe_load((folder / "compose.yaml").read_text())
    serving = compose["services"]["serving"]
    assert serving["volumes"] == [".:/models:ro"]
    assert serving["user"] == "65534:65534"
    assert serving["read_only"] is True
    assert serving["restart"] == "unless-stopped"
    assert ("deploy" in serving) == gpu
    assert "profiles" not in serving
    for name, service in compose["services"].items():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["cap_drop"] == ["ALL"]
        assert "privileged" not in service
        for port in service["ports"]:
            assert port.startswith("127.0.0.1:")
        for volume in service["volumes"]:
            assert volume.endswith(":ro") or volume == "prometheus:/prometheus"
        if name != "serving":
            assert service["profiles"] == ["monitoring"]
    # Every file that a container is given is there.
    mounted = re.findall(
        r'- "\./([^:]*):', (folder / "compose.yaml").read_text()
    )
    assert mounted
    assert all((folder / name).is_file() for name in mounted)


def health_check(folder):
    """The script of the health check, as the container's shell gets it."""
    text = (folder / "compose.yaml").read_text()
    (script,) = re.findall(r"- \|\n(.*?)      interval:", text, re.DOTALL)
    return script.replace("$$", "$")


@pytest.mark.parametrize(
    ("state", "code"),
    [("AVAILABLE", 0), ("LOADING", 1), ("UNAVAILABLE", 1), (None, 1)],
)
def test_the_health_check_asks_for_every_model(folder, state, code):
    asked = []

    class Stand(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Connection"]))
            # The second model is the one that matters.
            shown = state if "flow" in self.path else "AVAILABLE"
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps({"state": shown}).encode())

        def log_message(self, *arguments):
            pass

    write_server_config(folder)
    server = http.server.HTTPServer(("127.0.0.1", 0), Stand)
    threading.Thread(
        target=server.serve_forever, args=(0.01,), daemon=True
    ).start()
    script = health_check(folder).replace("8501", str(server.server_port))
    try:
        finished = subprocess.run(
            ["bash", "-c", script],  # noqa: S607
            check=False,
            timeout=120,
        )
    finally:
        server.shutdown()
        server.server_close()
    assert finished.returncode == code
    assert asked == [
        ("/v1/models/byte_mlm", "close"),
        ("/v1/models/flow", "close"),
    ]


def test_the_health_check_fails_where_nothing_listens(folder):
    write_server_config(folder)
    # Nobody may listen on port 1.
    script = health_check(folder).replace("8501", "1")
    finished = subprocess.run(
        ["bash", "-c", script],  # noqa: S607
        check=False,
        capture_output=True,
    )
    assert finished.returncode == 1


def test_the_templates_are_what_is_written(tmp_path):
    written = write_example(tmp_path)
    names = sorted([*BY_HAND, *(path.name for path in written)])
    assert sorted(path.name for path in TEMPLATES.iterdir()) == names
    for path in written:
        template = (TEMPLATES / path.name).read_text()
        assert template == path.read_text(), (
            "python -m tests.serving.example_exports writes them anew"
        )


def test_the_templates_that_are_copied_by_hand_can_be_read():
    batching, tls = ((TEMPLATES / name).read_text() for name in BY_HAND)
    batching = protos.parse_text("BatchingParameters", batching)
    sizes = list(batching.allowed_batch_sizes)
    assert sizes == sorted(set(sizes))
    assert sizes[-1] == batching.max_batch_size.value
    tls = protos.parse_text("SSLConfig", tls)
    assert tls.client_verify
    # No secret, not even an old one.
    for field in (tls.server_key, tls.server_cert, tls.custom_ca):
        assert re.fullmatch(r"<the lines of \w+\.\w+>\n", field)


def test_the_page_turns_a_pem_file_into_what_a_server_reads(tmp_path):
    content = '-----BEGIN "\nab+/=\n-----END\n'.replace('"', "X")
    (tmp_path / "server.key").write_text(content)
    (command,) = re.findall(r"awk .*", README)
    lines = subprocess.run(
        ["bash", "-c", command],  # noqa: S607
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    config = protos.parse_text("SSLConfig", f"server_key:\n{lines}")
    assert config.server_key == content


def metrics(text):
    return set(re.findall(r":tensorflow:[a-z_:]+", text))


def test_the_board_shows_metrics_that_the_page_explains(folder):
    write_server_config(folder)
    board = json.loads((folder / "grafana_board.json").read_text())
    explained = metrics(README)
    shown = set()
    for panel in board["panels"]:
        for target in panel["targets"]:
            expression = target["expr"]
            assert expression.count("(") == expression.count(")")
            assert metrics(expression)
            shown |= metrics(expression)
    of_histograms = {
        name + suffix
        for name in explained
        for suffix in ("_bucket", "_sum", "_count")
    }
    assert shown <= explained | of_histograms
    titles = [panel["title"] for panel in board["panels"]]
    assert len(set(titles)) == len(titles) == 7
    # A health check is a call too, and not what latency is about.
    latencies = {name for name in shown if name.endswith("latency_bucket")}
    assert len(latencies) == 3
    for name in latencies - {name for name in latencies if "batching" in name}:
        assert f'{name}{{API=~\\"[Pp]redict\\"}}' in json.dumps(board)


def test_the_board_is_bound_to_the_datasource_that_is_written(folder):
    write_server_config(folder)
    board = json.loads((folder / "grafana_board.json").read_text())
    uids = {
        target["datasource"]["uid"]
        for panel in board["panels"]
        for target in panel["targets"]
    }
    text = (folder / "grafana_datasource.yml").read_text()
    assert uids == set(re.findall(r"uid: (\w+)", text))


def test_every_command_of_the_page_can_be_read(tmp_path, monkeypatch, capsys):
    """Those of this library, in the page's order."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PWD", str(tmp_path))
    make_exports(tmp_path / "saved_models", byte_mlm=(1, 2))
    commands = re.findall(r"keras-perceiver (config [^`\n|]*)", README)
    assert len(commands) == 10
    for command in commands:
        words = command.replace(
            '"$PWD/saved_models"', f"{tmp_path}/saved_models"
        )
        assert command_line.main(words.split()) == 0, command
    out = capsys.readouterr()
    assert out.err == ""
    assert "refused" not in out.out
