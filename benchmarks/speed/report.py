"""Ratios and tables of what was timed."""

import platform

import numpy as np

OURS = "ours"


def ratio(row):
    """Seconds of transformers' faster form over ours, the faster too.

    The median over rounds of the ratio within a round, so that what slows
    the machine down for a while slows down both.

    Args:
        row: a dictionary with `sides`, as `benchmarks.speed.side.timed`
            returns them.

    Returns:
        A number, or None if a side is missing.
    """
    best = {}
    for name, told in row["sides"].items():
        who = OURS if name.startswith(OURS) else "theirs"
        if who not in best or told["median"] < best[who]["median"]:
            best[who] = told
    if len(best) < 2:
        return None
    theirs, ours = (np.array(best[who]["seconds"]) for who in ("theirs", OURS))
    return float(np.median(theirs / ours))


def machine(versions):
    """What the numbers were measured on, in words.

    Args:
        versions: of packages, by name.
    """
    packages = ", ".join(f"{name} {v}" for name, v in versions.items())
    return (
        f"{platform.system()} {platform.machine()}, "
        f"{_processor()}, Python {platform.python_version()}, {packages}"
    )


def _processor():
    try:
        with open("/proc/cpuinfo") as lines:
            names = [
                line.split(":", 1)[1].strip()
                for line in lines
                if line.startswith("model name")
            ]
    except OSError:
        names = []
    return f"{len(names) or '?'} x {names[0] if names else 'processor'}"


def table(results):
    """The results as Markdown.

    Args:
        results: what the benchmark writes as JSON.
    """
    lines = [
        "| what | dtype | batch | ours, s | eager, s | compiled, s "
        "| products, s | theirs / ours | wanted |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    lines += [_line(row) for row in results["rows"]]
    lines += [
        f"| {left['name']} | | | | | | | {left['why']} | |"
        for left in results["left_out"]
    ]
    return "\n".join(lines)


def _line(row):
    medians = {name: told["median"] for name, told in row["sides"].items()}
    ours = [s for name, s in medians.items() if name.startswith(OURS)]
    cells = [
        f"{row['work']} {row['kind']}",
        row["dtype"],
        str(row["batch"]),
        _seconds(min(ours, default=None)),
        _seconds(medians.get("transformers")),
        _seconds(medians.get("transformers, torch.compile")),
        _seconds(row["product_seconds"]),
        "" if row["ratio"] is None else f"{row['ratio']:.2f}",
        _wanted(row),
    ]
    return f"| {' | '.join(cells)} |"


def _seconds(number):
    return "" if number is None else f"{number:.3g}"


def _wanted(row):
    if row["wanted"] is None or row["ratio"] is None:
        return ""
    missed = "" if row["ratio"] >= row["wanted"] else " (missed)"
    return f"{row['wanted']:g}{missed}"
