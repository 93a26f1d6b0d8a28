"""The texts of the files that start and watch a server."""

import json
import shlex

from keras_perceiver.serving.messages import protos
from keras_perceiver.serving.server import grafana_board

IMAGE = "tensorflow/serving:2.20.0"
METRICS_PATH = "/monitoring/prometheus/metrics"
# How long a changed models.config waits to be read.
POLL_SECONDS = 10
_HEAD = "# Written by `keras-perceiver config`.\n"


def server_files(models, models_path="/models", gpu=False):
    """Returns the text of every file, by its name.

    Args:
        models: the `ServedModel`s.
        models_path: where the server sees the folder of exports.
        gpu: whether it runs on a GPU.
    """
    board = json.dumps(grafana_board.board(), indent=1)
    texts = {
        "models.config": models_config(models, models_path),
        "monitoring.config": monitoring_config(),
        "compose.yaml": compose(models, models_path, gpu),
        "prometheus.yml": _HEAD + _PROMETHEUS,
        "grafana_datasource.yml": _HEAD + _GRAFANA_DATASOURCE,
        "grafana_boards.yml": _HEAD + _GRAFANA_BOARDS,
        "grafana_board.json": board + "\n",
    }
    if gpu:
        texts["session.config"] = _HEAD + _SESSION
    return texts


def models_config(models, models_path):
    """Returns the text of a `ModelServerConfig`."""
    config = protos.message("ModelServerConfig")
    for model in models:
        served = config.model_config_list.config.add(
            name=model.name,
            base_path=f"{models_path}/{model.name}",
            model_platform="tensorflow",
        )
        policy = served.model_version_policy
        if model.labels:
            policy.specific.versions.extend(sorted(model.labels.values()))
            served.version_labels.update(model.labels)
        else:
            policy.latest.num_versions = 1
    return _HEAD + protos.as_text(config)


def monitoring_config():
    """Returns the text of a `MonitoringConfig`."""
    config = protos.message("MonitoringConfig")
    config.prometheus_config.enable = True
    config.prometheus_config.path = METRICS_PATH
    return _HEAD + protos.as_text(config)


def flags(models, models_path, gpu=False):
    """Returns the flags of a server, ports aside."""
    found = [
        f"--model_config_file={models_path}/models.config",
        f"--model_config_file_poll_wait_seconds={POLL_SECONDS}",
        # Without it no label can be there when the server starts.
        "--allow_version_labels_for_unavailable_models=true",
        f"--monitoring_config_file={models_path}/monitoring.config",
        # On by default, and anyone who reaches the port may use it.
        "--enable_profiler=false",
    ]
    if not any(model.without_batching for model in models):
        found += [
            "--enable_batching=true",
            "--enable_per_model_batching_parameters=true",
        ]
    if gpu:
        found.append(
            f"--tensorflow_session_config_file={models_path}/session.config"
        )
    return found


def command(models, models_path, gpu=False):
    """Returns the command that starts a server without a container."""
    words = ["--port=8500", "--rest_api_port=8501"]
    words += flags(models, models_path, gpu)
    return shlex.join(["tensorflow_model_server", *words])


def compose(models, models_path, gpu=False):
    """Returns the text of `compose.yaml`."""
    return _COMPOSE.format(
        head=_HEAD,
        image=IMAGE + ("-gpu" if gpu else ""),
        flags="\n".join(
            f"      - {json.dumps(flag)}"
            for flag in flags(models, models_path, gpu)
        ),
        models_path=models_path,
        names=" ".join(model.name for model in models),
        gpu=_COMPOSE_GPU if gpu else "",
    )


# The image has no curl, but bash: its entry point is a script of bash. Errors
# may say UNAVAILABLE, so the state is sought with its quotes.
_COMPOSE = r"""{head}#
#   docker compose up --detach --wait
#   docker compose --profile monitoring up --detach --wait
#
# Every port is open to this machine alone: the server asks for no password.
services:
  serving:
    image: {image}
    command:
{flags}
    ports:
      - "127.0.0.1:8500:8500"
      - "127.0.0.1:8501:8501"
    volumes:
      # The folder and not its files: a file that is replaced would be the
      # old one in here for ever.
      - ".:{models_path}:ro"
    user: "65534:65534"
    read_only: true
    tmpfs:
      - /tmp
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    restart: unless-stopped
    logging:
      driver: json-file
      options:
        max-size: 10m
        max-file: "5"
    healthcheck:
      # Every model has a version that answers.
      test:
        - CMD
        - bash
        - -c
        - |
          for model in {names}; do
            exec 3<>/dev/tcp/127.0.0.1/8501 || exit 1
            printf 'GET /v1/models/%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n' "$$model" >&3
            grep -q '"AVAILABLE"' <&3 || exit 1
          done
      interval: 10s
      timeout: 5s
      retries: 3
      # Loading and warming up.
      start_period: 120s
{gpu}
  prometheus:
    profiles:
      - monitoring
    image: prom/prometheus:v2.53.0
    ports:
      - "127.0.0.1:9090:9090"
    volumes:
      - "./prometheus.yml:/etc/prometheus/prometheus.yml:ro"
      - "prometheus:/prometheus"
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    restart: unless-stopped

  grafana:
    profiles:
      - monitoring
    image: grafana/grafana:11.1.0
    environment:
      # Anyone on this machine may look, and nobody may log in.
      GF_AUTH_ANONYMOUS_ENABLED: "true"
      GF_AUTH_ANONYMOUS_ORG_ROLE: Viewer
      GF_AUTH_DISABLE_LOGIN_FORM: "true"
      GF_AUTH_BASIC_ENABLED: "false"
      GF_ANALYTICS_REPORTING_ENABLED: "false"
    ports:
      - "127.0.0.1:3000:3000"
    volumes:
      - "./grafana_datasource.yml:/etc/grafana/provisioning/datasources/serving.yml:ro"
      - "./grafana_boards.yml:/etc/grafana/provisioning/dashboards/serving.yml:ro"
      - "./grafana_board.json:/var/lib/grafana/boards/serving.json:ro"
    cap_drop:
      - ALL
    security_opt:
      - no-new-privileges:true
    restart: unless-stopped

volumes:
  prometheus:
"""  # noqa: E501

_COMPOSE_GPU = """    deploy:
      resources:
        reservations:
          devices:
            - driver: nvidia
              count: 1
              capabilities:
                - gpu
"""

# A TensorFlow ConfigProto. Without it a server takes nearly the whole GPU.
_SESSION = """gpu_options {
  allow_growth: true
}
"""

_PROMETHEUS = f"""global:
  scrape_interval: 15s

scrape_configs:
  - job_name: serving
    metrics_path: {METRICS_PATH}
    static_configs:
      - targets:
          - "serving:8501"
"""

_GRAFANA_DATASOURCE = """apiVersion: 1
datasources:
  - name: Prometheus
    uid: prometheus
    type: prometheus
    access: proxy
    url: http://prometheus:9090
    isDefault: true
"""

_GRAFANA_BOARDS = """apiVersion: 1
providers:
  - name: serving
    options:
      path: /var/lib/grafana/boards
"""
