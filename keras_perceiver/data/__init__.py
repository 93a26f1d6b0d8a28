"""Raw data: what tasks and recipes both need of it. Imports TensorFlow."""
