"""The accelerator toolbox, imported without its plotting: that would cost the IOC 30 MB and half a second."""

import contextlib
import io
import sys
from collections.abc import Iterator

_ABSENT = object()


@contextlib.contextmanager
def _without(module: str) -> Iterator[None]:
    """Within, importing `module` raises ImportError, also where it is installed."""
    before = sys.modules.get(module, _ABSENT)
    sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[module]
        if before is not _ABSENT:
            sys.modules[module] = before  # type: ignore[assignment]


# The toolbox prints that plotting is unavailable; nobody plots here.
with _without("matplotlib"), contextlib.redirect_stdout(io.StringIO()):
    import at

__all__ = ["at"]
