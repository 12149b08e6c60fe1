"""The demo's facility file, read once for all tests that load it: parsing it takes longer than storing it."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controls.facility import Document


@cache
def document(prefix: str = "") -> Document:
    """Its content, `prefix` put before every address; nobody changes it."""
    from controls import facility
    from xoptweb.config import BASE_DIR

    return facility.read(BASE_DIR / "examples" / "demo" / "facility.yaml", prefix=prefix)
