"""A profile that leads to the scripted endpoint."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.gateway.profiles import Profile, of_row
from agents.models import ModelProfile
from tests.endpoint import Endpoint
from tests.patience import patient

Made = Callable[..., Profile]


@pytest.fixture
def profile(db: None, monkeypatch: pytest.MonkeyPatch) -> Made:
    """`profile(endpoint, attempts=1)` makes the default profile, with a key of its own."""
    monkeypatch.setenv("LAB_KEY", "sesame-open")

    def make(scripted: Endpoint, **changes: Any) -> Profile:
        values: dict[str, Any] = {
            "name": "lab", "base_url": scripted.url, "model": "llama", "key_variable": "LAB_KEY", "default": True,
            "timeout_s": patient(10.0),
        }  # fmt: skip
        row = ModelProfile(**values | changes)
        row.full_clean()
        row.save()
        return of_row(row)

    return make
