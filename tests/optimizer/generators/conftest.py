"""The numerical libraries warn about themselves when they are imported; that is not ours to mend."""

import warnings

import pytest


@pytest.fixture(scope="session", autouse=True)
def numerical_libraries() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import xopt.generators.bayesian.expected_improvement
        import xopt.generators.scipy.latin_hypercube  # noqa: F401
