"""What the heads for one label cost."""

from keras_perceiver.cost.blocks import read_and_write


def query_classifier(trace, inputs, *, num_classes, query_dim, **others):
    """A Perceiver IO with the head `models.heads.query_head`."""
    outputs = read_and_write(
        trace, inputs, lambda: trace.learned(1, query_dim), **others
    )
    with trace.part("head"):
        trace.output(trace.linear(trace.float32(outputs), num_classes))


def mean_head(trace, latents, num_classes):
    """What `models.heads.mean_head` makes of latents."""
    with trace.part("head"):
        latents = trace.float32(latents)
        mean = trace.operation([latents], 1, latents.channels)
        trace.output(trace.linear(mean, num_classes))
