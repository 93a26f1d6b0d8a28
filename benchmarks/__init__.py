"""Side by side in one run, printing ratios: `python -m benchmarks NAME`."""
