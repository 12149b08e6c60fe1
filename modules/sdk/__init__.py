"""The SDK that lies in every module's environment. The host copies it there and never imports it."""

from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "source"
OWN_NAME = "xoptweb_sdk"  # always there
SHORT_NAME = "xopt"  # not where a module needs SLAC's optimiser of the same name
REQUIREMENT = "pydantic>=2.5,<3"
REQUIRES_PYTHON = ">=3.10"
