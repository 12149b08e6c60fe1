"""Only the control worker pays for numerical libraries."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
HEAVY = ("xopt", "torch", "botorch", "gpytorch", "numpy", "pandas", "scipy", "gest_api")
PACKAGES = ("optimizer", "controls", "xoptweb")
ELSEWHERE = (
    "optimizer.generators.vocs",  # the control worker
    "controls.demo",  # the simulated machine
    "optimizer.stage_modules",  # modules, which run in environments of their own
)

CODE = """
import django, importlib, json, sys
django.setup()
from django.contrib import admin
admin.autodiscover()
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps([name for name in json.loads(sys.argv[2]) if name in sys.modules]))
"""


def modules(package: str) -> list[str]:
    """Every module of a package that some process other than the control worker may import."""
    names = []
    for path in sorted((ROOT / package).rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        skipped = name.startswith(ELSEWHERE) or name.endswith("__main__")
        if not skipped and ".migrations" not in name:
            names.append(name)
    return names


@pytest.mark.parametrize("package", PACKAGES)
def test_no_module_imports_numerical_libraries_when_it_is_imported(package: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", CODE, json.dumps(modules(package)), json.dumps(HEAVY)],
        cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, "XOPTWEB_ROLE": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert json.loads(done.stdout.splitlines()[-1]) == []
