"""What every source of pairs of frames gives."""


class FlowPairs:
    """Pairs of frames with their flow, for training and held out.

    A pair is a dictionary of tensors: `frames`, uint8 `(2, H, W, 3)`; `flow`,
    float32 `(H, W, 2)`, from each pixel of the first frame to the right and
    down, in pixels; `valid`, bool `(H, W)`, whether it is known; and
    `visible`, bool `(H, W)`, whether what is there can be seen in the second
    frame, as far as that is known. Pairs may differ in size.

    Attributes:
        description: what it is, for people.
        num_training: how many pairs there are, or None if there are as many
            as one wants.
        num_heldout: how many are held out.
    """

    def check(self):
        """Raises `ValueError` unless training can read its first pair."""
        raise NotImplementedError

    def training_pairs(self, numbers, seed):
        """Returns a `tf.data.Dataset` of pairs.

        Args:
            numbers: a data set of int64 `()`: which pairs, in which order.
            seed: of what is random in a pair.
        """
        raise NotImplementedError

    def heldout_pairs(self):
        """Returns a finite `tf.data.Dataset`, always in the same order."""
        raise NotImplementedError

    def heldout_sizes(self):
        """Returns the height and width of each of these."""
        raise NotImplementedError

    def record(self):
        """Returns what identifies the data, for the run's records."""
        raise NotImplementedError

    def raise_problems(self):
        """Raises `ValueError` if a pair that was asked for is damaged."""
