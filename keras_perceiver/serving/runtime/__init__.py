"""TensorFlow's C library, called without TensorFlow's Python.

A server's answer is `LoadSavedModel` and `Session::Run` on the tensors that a
signature names. Both are in the library that TensorFlow brings.
"""
