"""Lists "Call arguments" of Keras layers in the reference, as other arguments.

Loaded by `mkdocs.yml`: docstrings in Google's style have no such section.
"""

import re

import griffe

_SECTION = re.compile(
    r"^Call arguments:\n((?: {4}.*\n|\n(?= {4}))+)", re.MULTILINE
)
_ARGUMENT = re.compile(r"^ {4}(\w+): ", re.MULTILINE)


def as_list(docstring):
    """Returns a docstring whose call arguments are a Markdown list."""

    def listed(section):
        return "**Call arguments:**\n\n" + _ARGUMENT.sub(
            r"- **`\1`**: ", section[1]
        )

    return _SECTION.sub(listed, docstring + "\n").removesuffix("\n")


class CallArguments(griffe.Extension):
    """Rewrites docstrings before they are read."""

    def on_object(self, *, obj, **kwargs):
        """Of a class, function or module that was found."""
        if obj.docstring:
            obj.docstring.value = as_list(obj.docstring.value)
