"""What a run says before its first step."""

from recipes import building


def print_plan(configuration, data, model, folder):
    """Prints the data, the model, how it is trained and where to."""
    training = configuration.training
    for line in data.describe():
        print(line)
    print(f"model: {model.count_params():,} parameters")
    print(
        f"training: {training.steps:,} steps of {training.batch_size:,} "
        f"examples, strategy {training.strategy}, {training.precision}, "
        f"XLA {'on' if building.uses_xla(training) else 'off'}"
    )
    if training.deterministic:
        print(
            "deterministic: the same bits on every run, at the cost of XLA "
            "(python -m benchmarks determinism measures it)"
        )
    print(f"run folder: {folder.path}")
