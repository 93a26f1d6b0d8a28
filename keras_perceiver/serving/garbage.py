"""Collections of garbage that pass over what was there before."""

import contextlib
import gc


@contextlib.contextmanager
def frozen():
    """Collections within the block pass over what there is by now.

    What was frozen already, as servers do before they fork, stays so.
    """
    was_frozen = gc.get_freeze_count() > 0
    gc.freeze()
    try:
        yield
    finally:
        if not was_frozen:
            gc.unfreeze()
