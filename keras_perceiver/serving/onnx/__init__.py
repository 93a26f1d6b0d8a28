"""The way out to ONNX."""
