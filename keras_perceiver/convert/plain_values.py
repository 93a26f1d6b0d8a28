"""Values that JSON keeps, and what else means the same."""

import keras
import numpy as np


def plain(value, what):
    """A value as JSON can keep it.

    NumPy's numbers and arrays and Keras's dtype policies become numbers,
    lists and names.

    Args:
        value: what to keep.
        what: its name, for messages.

    Raises:
        ValueError: if it has no such form.
    """
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return plain(value.tolist(), what)
    if isinstance(value, tuple | list):
        return [plain(part, what) for part in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: plain(part, what) for key, part in value.items()}
    if isinstance(value, keras.dtype_policies.DTypePolicy):
        return _policy_name(value, what)
    raise ValueError(
        f"{what} cannot be written down as JSON, so the model could not be "
        f"built again from its folder. Received: {value!r}. Wanted: numbers, "
        "text, None, and tuples, lists or dictionaries of them."
    )


def _policy_name(policy, what):
    # Of a DTypePolicyMap the name tells nothing.
    is_map = isinstance(policy, keras.dtype_policies.DTypePolicyMap)
    if not is_map and keras.dtype_policies.get(policy.name) == policy:
        return policy.name
    raise ValueError(
        f"{what} is a dtype policy that no name tells. Received: {policy!r}. "
        "Wanted: one such as 'mixed_bfloat16'."
    )


def with_tuples(value):
    """Lists turned into tuples, at any depth.

    JSON has no tuples, and Keras wants shapes to be tuples.
    """
    if isinstance(value, list):
        return tuple(with_tuples(part) for part in value)
    if isinstance(value, dict):
        return {key: with_tuples(part) for key, part in value.items()}
    return value
