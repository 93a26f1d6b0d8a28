"""A small convolutional network, to compare with."""

import keras


def conv_net(image_shape, num_classes, widths=(32, 64)):
    """Builds two convolutions for each width, with a pool behind each pair.

    Args:
        image_shape: `(H, W, 3)`.
        num_classes: number of labels.
        widths: channels of each pair.

    Returns:
        A functional model from `images` `(B, H, W, 3)` to logits
        `(B, num_classes)`.
    """
    images = keras.Input(tuple(image_shape), name="images")
    outputs = images
    for width in widths:
        for _ in range(2):
            outputs = keras.layers.Conv2D(width, 3, padding="same")(outputs)
            outputs = keras.layers.BatchNormalization()(outputs)
            outputs = keras.layers.ReLU()(outputs)
        outputs = keras.layers.MaxPooling2D(2, padding="same")(outputs)
    outputs = keras.layers.Flatten()(outputs)
    logits = keras.layers.Dense(num_classes, name="logits")(outputs)
    return keras.Model(images, logits, name="conv_net")
