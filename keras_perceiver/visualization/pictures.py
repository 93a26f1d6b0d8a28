"""Figures as bytes."""

import io


def png(figure):
    """Returns the bytes of a PNG of a matplotlib figure."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=100)
    return content.getvalue()
