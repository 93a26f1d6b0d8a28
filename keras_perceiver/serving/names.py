"""What the signatures of every export are called."""

# Raw in, raw out; asked where none is named.
RAW = "serving_default"
VIEWS = ("tensors", "encode", "decode")
