"""Peak memory and its growth: ours and transformers', each in its own process.

Writes `runs/benchmarks/memory.json` and a plot beside it. Takes a quarter of
an hour, 12 GiB of memory, and the extra `parity`. Memory is what the process
holds: `peak` at most, `extra` at most over what it held before the first
call, with weights and inputs.
"""

import json
import pathlib

from benchmarks import memory_report
from benchmarks.memory_cases.process import in_a_process
from keras_perceiver import files

FOLDER = pathlib.Path("runs/benchmarks")

_FLOW = {"image_shape": (368, 496, 3)}
SINGLE = (
    ("flow forward", "ours", "flow", {}),
    ("flow forward", "transformers", "flow", {}),
    ("flow forward, bfloat16", "ours", "flow", {"dtype": "mixed_bfloat16"}),
    ("flow training", "ours", "flow_training", {}),
    (
        "flow training, rematerialised",
        "ours",
        "flow_training",
        {"rematerialize": True},
    ),
    ("clip, all outputs", "ours", "clip", {}),
    ("clip, 1 chunk of 98", "ours", "clip", {"whole": False}),
    ("clip, 1 chunk of 128", "transformers", "clip", {}),
)
# What grows, who, and what is run at each of five sizes.
SWEEPS = (
    ("inputs", "ours", "read"),
    ("inputs", "transformers", "read"),
    ("outputs", "ours", "write"),
    ("outputs", "transformers", "write"),
    ("latents", "ours", "read"),
    ("inputs in training", "ours", "read_training"),
    ("outputs in training", "ours", "write_training"),
)
SIZES = {
    "inputs": ("num_inputs", 16_384),
    "outputs": ("num_outputs", 16_384),
    "latents": ("num_latents", 128),
}


def main():
    """Measures everything and writes the results."""
    results = {"machine": memory_report.machine(), "single": [], "sweeps": []}
    print("case                             who            peak GiB  extra GiB")
    for name, who, case, settings in SINGLE:
        measured = in_a_process(who, case, settings)
        results["single"].append({"name": name, "who": who, **measured})
        print(memory_report.line(name, who, measured), flush=True)
    for name, who, case in SWEEPS:
        parameter, first = SIZES[name.split()[0]]
        points = []
        for factor in (1, 2, 4, 8, 16):
            size = first * factor
            measured = in_a_process(who, case, {parameter: size})
            points.append({"size": size, **measured})
            print(
                memory_report.line(f"{name}, {size:,}", who, measured),
                flush=True,
            )
        results["sweeps"].append({"name": name, "who": who, "points": points})
    results["summary"] = memory_report.summarize(results)
    FOLDER.mkdir(parents=True, exist_ok=True)
    files.write_json(FOLDER / "memory.json", results)
    memory_report.draw(results, FOLDER / "memory.png")
    print()
    print(memory_report.table(results["summary"]))
    print(f"\nwrote {FOLDER / 'memory.json'} and {FOLDER / 'memory.png'}")


def show(path=FOLDER / "memory.json"):
    """Prints the table of results that were written before."""
    print(memory_report.table(json.loads(path.read_text())["summary"]))
