"""A Grafana board of a server's metrics."""

_SERVING = ":tensorflow:serving:"
_BATCHING = f"{_SERVING}batching_session:"
_FAILED_LOADS = ':tensorflow:cc:saved_model:load_attempt_count{status="fail"}'
# Health checks are calls too, and would make every latency look better. It
# is `Predict` over gRPC, and `predict` over REST.
_PREDICT = '{API=~"[Pp]redict"}'
_WINDOW = "[$__rate_interval]"
_PANEL_WIDTH, _PANEL_HEIGHT = 12, 8


def board():
    """Returns the board as Grafana's JSON model."""
    panels = _panels()
    for index, panel in enumerate(panels):
        row, column = divmod(index, 2)
        panel["id"] = index + 1
        panel["gridPos"] = {
            "x": column * _PANEL_WIDTH,
            "y": row * _PANEL_HEIGHT,
            "w": _PANEL_WIDTH,
            "h": _PANEL_HEIGHT,
        }
    return {
        "uid": "keras-perceiver-serving",
        "title": "TensorFlow Serving",
        "schemaVersion": 39,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "panels": panels,
    }


def _panels():
    requests = f"{_SERVING}request_count"
    all_requests = _rate(requests, "model_name")
    errors = _rate(requests + '{status!="OK"}', "model_name")
    return [
        _panel(
            "Requests per second",
            "reqps",
            {
                "{{model_name}} {{status}}": _rate(
                    requests, "model_name, status"
                )
            },
        ),
        _panel(
            "Share of requests that fail",
            "percentunit",
            {"{{model_name}}": f"{errors} / {all_requests}"},
        ),
        _panel(
            "Latency of requests",
            "µs",
            _quantiles(f"{_SERVING}request_latency", (0.5, 0.95, 0.99)),
        ),
        _panel(
            "Latency of the model alone",
            "µs",
            _quantiles(f"{_SERVING}runtime_latency", (0.5, 0.95, 0.99)),
        ),
        _panel(
            "Rows in a batch",
            "short",
            {
                "run, padding included": _mean(
                    f"{_BATCHING}processed_batch_size"
                ),
                "padding": _mean(f"{_BATCHING}padding_size"),
                "asked for in a request": _mean(f"{_BATCHING}input_batch_size"),
            },
        ),
        _panel(
            "Wait for a batch",
            "µs",
            {
                f"p{round(100 * q)}": _quantile(
                    q, f"{_BATCHING}queuing_latency_bucket", "le"
                )
                for q in (0.5, 0.99)
            },
        ),
        _panel(
            "Loads that failed",
            "short",
            {"{{model_path}}": f"sum by (model_path) ({_FAILED_LOADS})"},
        ),
    ]


def _rate(metric, labels):
    return f"sum by ({labels}) (rate({metric}{_WINDOW}))"


def _mean(histogram):
    total, count = (
        f"sum(rate({histogram}{suffix}{_WINDOW}))"
        for suffix in ("_sum", "_count")
    )
    return f"{total} / {count}"


def _quantiles(histogram, quantiles):
    buckets = f"{histogram}_bucket{_PREDICT}"
    return {
        f"{{{{model_name}}}} p{round(100 * quantile)}": _quantile(
            quantile, buckets, "le, model_name"
        )
        for quantile in quantiles
    }


def _quantile(quantile, buckets, labels):
    return f"histogram_quantile({quantile}, {_rate(buckets, labels)})"


def _panel(title, unit, expressions):
    """A panel over time; an expression for each line's legend."""
    datasource = {"type": "prometheus", "uid": "prometheus"}
    return {
        "type": "timeseries",
        "title": title,
        "datasource": datasource,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": datasource,
                "expr": expression,
                "legendFormat": legend,
            }
            for index, (legend, expression) in enumerate(expressions.items())
        ],
    }
