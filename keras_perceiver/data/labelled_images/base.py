"""What every source of labelled images gives."""

import tensorflow as tf

from keras_perceiver.data import images

_EXAMPLES_TRIED = 16


class LabelledImages:
    """Encoded images of classes, for training and held out.

    An example is a dictionary of scalar tensors: `image_bytes` (string, the
    file as it is), `label` (int64, the number of its class; a stored label
    may be outside the classes) and `name` (string, different for each).

    Attributes:
        description: what it is, for people.
        class_names: list of strings.
        label_skew: as `open_images` takes it.
    """

    def prepare(self):
        """Downloads or counts what training reads."""

    def check(self):
        """Raises `ValueError` unless training can read its first example."""
        raise NotImplementedError

    def training_examples(self, seed, start=0):
        """Returns an endless `tf.data.Dataset` of examples.

        Each epoch has every training example once, in an order of its own.

        Args:
            seed: of the order.
            start: the number of the first example; example `n` is the same
                wherever one starts.
        """
        raise NotImplementedError

    def heldout_examples(self, limit=None):
        """Returns a finite `tf.data.Dataset`, always in the same order.

        Args:
            limit: the most examples, spread evenly over the classes; None
                for all.
        """
        raise NotImplementedError

    def heldout_columns(self, limit=None):
        """Returns what is known of each held-out example besides the image.

        Args:
            limit: as `heldout_examples` takes it.

        Returns:
            A list of strings, in the order of `heldout_examples`, for each
            column by its name; `label` is always there.
        """
        raise NotImplementedError

    def training_counts(self):
        """Returns training examples by class, int64 `(K,)`.

        None where telling takes long. Labels outside the classes are not
        counted.
        """
        raise NotImplementedError

    def record(self):
        """Returns what identifies the data, for the run's records."""
        raise NotImplementedError

    def label_names(self, labels):
        """Returns class names by number; a number that is none is told."""
        return [
            self.class_names[label]
            if 0 <= label < len(self.class_names)
            else f"outside the classes: {label}"
            for label in labels
        ]

    def check_parts(self, counts, num_heldout, how_to_hold_out):
        """Raises `ValueError` if a class or the held-out part is empty.

        Args:
            counts: training examples by class, `(K,)`; None if not known.
            num_heldout: how many examples are held out.
            how_to_hold_out: a sentence for a user who has none.
        """
        if len(self.class_names) < 2:
            raise ValueError(
                f"{self.description} has a single class, "
                f"{self.class_names[0]!r}, and classifying takes two or more. "
                "Name other images with --data."
            )
        if counts is not None and not counts.all():
            empty = [
                repr(name)
                for name, count in zip(self.class_names, counts, strict=True)
                if count == 0
            ]
            cure = "Add images of it, or take the class away."
            if self.label_skew != 1:
                cure = f"Lower the label skew of {self.label_skew:g}."
            raise ValueError(
                f"No training image of {self.description} is of class "
                f"{_some(empty)}. {cure}"
            )
        if num_heldout == 0:
            raise ValueError(
                f"No image of {self.description} is held out for evaluation. "
                f"{how_to_hold_out}"
            )

    def check_readable(self, examples):
        """Raises `ValueError` if none of the first examples is an image.

        Single ones that cannot be read are for training to count.
        """
        read = tf.function(
            images.read_image, input_signature=[tf.TensorSpec((), tf.string)]
        )
        told = []
        for example in examples.take(_EXAMPLES_TRIED):
            problem = read(example["image_bytes"])[1].numpy().decode()
            if not problem:
                return
            name = example["name"].numpy().decode(errors="backslashreplace")
            told.append(f"{name} {problem}")
        if not told:
            raise ValueError(
                f"{self.description} has no images for training. Name others "
                "with --data."
            )
        raise ValueError(
            f"None of the first {len(told)} images of {self.description} can "
            f"be read: {told[0]} Wanted: JPEG or PNG; name other images with "
            "--data."
        )


def _some(names, most=5):
    """The first names of a list, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
