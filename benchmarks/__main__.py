"""The command line: `python -m benchmarks NAME`."""

import sys

from benchmarks import activation_bytes
from benchmarks import imports
from benchmarks import input_pipeline

BENCHMARKS = {
    "activation_bytes": activation_bytes,
    "imports": imports,
    "input_pipeline": input_pipeline,
}


def main(arguments):
    """Runs the named benchmark; returns the exit code."""
    if len(arguments) != 1 or arguments[0] not in BENCHMARKS:
        print("usage: python -m benchmarks NAME, one of:")
        for name, module in BENCHMARKS.items():
            print(f"  {name:<18} {module.__doc__.splitlines()[0]}")
        return 2
    BENCHMARKS[arguments[0]].main()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
