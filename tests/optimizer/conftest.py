"""The demo facility for tests of the optimizer's rules."""

import pytest

from optimizer.models import Environment
from tests.optimizer.world import load_demo


@pytest.fixture
def demo(db: None) -> Environment:
    """The demo environment on an armed machine whose channels nobody serves."""
    return load_demo()
