"""Side by side in one run, printing ratios: `python -m benchmarks NAME`."""

# First of all, since it loads Keras and TensorFlow without their chatter.
import keras_perceiver as keras_perceiver
