"""Every part of the ground and the roof stands on a floor that import-linter holds."""

import tomllib

from xoptweb.config import BASE_DIR

APART = {"migrations"}


def test_no_module_of_the_project_is_forgotten() -> None:
    contracts = tomllib.loads((BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    floors = next(contract for contract in contracts if contract["type"] == "layers")
    placed = {name for layer in floors["layers"] for name in layer.replace(":", " ").replace("|", " ").split()}
    children = {p.stem if p.is_file() else p.name for p in (BASE_DIR / "xoptweb").iterdir() if is_module(p.name)}
    assert {f"xoptweb.{name}" for name in children} | {"agents", "controls", "modules", "optimizer"} == placed


def is_module(name: str) -> bool:
    return name == "__main__.py" or not name.startswith("__")
