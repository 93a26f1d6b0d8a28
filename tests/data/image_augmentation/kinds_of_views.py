"""Views of training: the published ones, and plain ones."""

from keras_perceiver.data.image_augmentation.crops import TrainingViews

SHAPE = (12, 16, 3)

PUBLISHED = TrainingViews()

# Nothing is drawn: all of the image, resized.
PLAIN = TrainingViews(smallest_area=1.0, flip=False, rand_augment_layers=0)
