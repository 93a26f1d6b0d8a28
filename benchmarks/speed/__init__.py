"""Seconds of forward passes and training steps, ours and transformers'.

`python -m benchmarks speed --help` tells the options, `docs/speed.md` what is
compared. Takes the extra `parity`.
"""

from benchmarks.speed.command import main as main
