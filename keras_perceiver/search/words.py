"""Numbers, choices and counts of trials as short words."""

from keras_perceiver import errors
from keras_perceiver.search.outcomes import is_number

# Lines that hold a whole trial have no room for the arguments' own names.
SHORT_NAMES = {
    "num_latents": "N",
    "latent_dim": "D",
    "num_blocks": "blocks",
    "num_self_attends_per_block": "layers",
    "num_self_attention_heads": "heads",
    "qk_channels": "qk",
    "v_channels": "v",
    "learning_rate": "lr",
}
NOTHING = "-"


def in_short(number):
    """`7552512` becomes `7.55M`; what is no number becomes `-`."""
    if not is_number(number):
        return NOTHING
    for unit, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        # Else 999,999 would become 1000K.
        if abs(number) >= unit * 0.9995:
            digits = 2 if abs(number) < 9.995 * unit else 1
            digits = digits if abs(number) < 99.95 * unit else 0
            return f"{number / unit:.{digits}f}{letter}"
    return f"{number:.4g}"


def milliseconds(number):
    """`3.219` becomes `3.22 ms`."""
    return f"{number:.3g} ms" if is_number(number) else NOTHING


def objective(value):
    """A value of the objective with four digits; `-` if it is no number."""
    return f"{value:.4g}" if is_number(value) else NOTHING


def choice_in_short(value):
    """A chosen value as JSON has it, and numbers with few digits."""
    if value is None:
        return "null"
    if isinstance(value, float):
        return f"{value:.3g}"
    return errors.printable(str(value))


def choices_in_short(choices):
    """`{"num_latents": 32, "latent_dim": 96}` becomes `N=32 D=96`."""
    return " ".join(
        f"{SHORT_NAMES.get(name, errors.printable(name))}"
        f"={choice_in_short(value)}"
        for name, value in choices.items()
    )


def by_reason(count_of, state):
    """`{"flops": 3, "params": 1}` becomes `4 STATE (3 flops, 1 params)`."""
    total = sum(count_of.values())
    if not total:
        return f"0 {state}"
    most_first = sorted(count_of.items(), key=lambda item: (-item[1], item[0]))
    reasons = ", ".join(
        f"{count} {errors.printable(reason)}" for reason, count in most_first
    )
    return f"{total} {state} ({reasons})"


def counts_in_words(counts, rejected):
    """One line on all trials.

    Args:
        counts: of `outcomes.counts_of`.
        rejected: number of infeasible proposals by reason.
    """
    completed = f"{counts['completed']} completed"
    if counts["shorter"]:
        completed += f" ({counts['shorter']} with a share of the steps)"
    return ", ".join(
        (
            completed,
            by_reason(counts["pruned"], "pruned"),
            by_reason(counts["failed"], "failed"),
            f"{counts['running']} running",
            by_reason(rejected, "infeasible"),
        )
    )
