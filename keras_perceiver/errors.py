"""Words for messages: the nearest valid name, and what an extra brings."""

import difflib
import importlib


def did_you_mean(name, options):
    """Returns `". Did you mean 'x'?"`, or the list of valid names.

    Args:
        name: the word that is not valid.
        options: the valid words.
    """
    options = sorted(options)
    nearest = difflib.get_close_matches(name, options, n=1, cutoff=0.5)
    if nearest:
        return f". Did you mean {nearest[0]!r}?"
    return f". Valid: {', '.join(options)}."


def unknown(kind, name, options):
    """Returns a `ValueError` for a name that is not among `options`."""
    return ValueError(f"Unknown {kind} {name!r}{did_you_mean(name, options)}")


def printable(text):
    """Returns a text as one line; what would move the cursor is escaped."""
    return "".join(
        letter
        if letter.isprintable()
        else letter.encode("unicode_escape").decode()
        for letter in text
    )


def import_extra(module, extra):
    """Imports a module that an extra brings, or says how to get it.

    Args:
        module: the module's full name, e.g. `"tensorflow_datasets"`.
        extra: the extra in `setup.cfg` that installs it.

    Raises:
        ImportError: with the `pip install` line, where it is missing.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f"{module} is not installed ({error}). Install it with: "
            f"pip install 'keras-perceiver[{extra}]'"
        ) from error
