"""The vendored files are what their manifest says, and our own files ask nobody else for anything."""

import hashlib
import json
import re
from pathlib import Path

import pytest

STATIC = Path(__file__).resolve().parents[2] / "static"
VENDOR = STATIC / "vendor"
PACKAGES = json.loads((VENDOR / "manifest.json").read_text())["packages"]
RECORDED = {name: record["sha256"] for package in PACKAGES for name, record in package["files"].items()}
OURS = sorted(path for folder in ("css", "js") for path in (STATIC / folder).rglob("*") if path.is_file())
SHEETS_AND_SCRIPTS = sorted(path for path in STATIC.rglob("*") if path.suffix in {".css", ".js"})


def test_every_vendored_file_is_the_one_in_the_manifest() -> None:
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert present == RECORDED


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["name"])
def test_every_package_names_its_version_and_a_permissive_licence_and_brings_its_text(package: dict[str, str]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["licence"] in {"MIT", "0BSD", "OFL-1.1"}
    assert any(name.endswith("/LICENSE") for name in package["files"])


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_our_sheets_and_scripts_name_no_other_host(path: Path) -> None:
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", path.read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize("path", SHEETS_AND_SCRIPTS, ids=lambda path: path.name)
def test_whatever_a_sheet_or_script_refers_to_is_there(path: Path) -> None:
    text = path.read_text()
    assert "sourceMappingURL" not in text
    quoted = r"""["']?([^"')]+)["']?"""
    targets = re.findall(rf"url\({quoted}\)", text) if path.suffix == ".css" else []
    if "vendor" not in path.parts:
        targets += re.findall(r"""^import (?:[^"']* from )?["']([^"']+)["']""", text, re.MULTILINE)
    missing = [name for name in targets if not name.startswith("data:") and not (path.parent / bare(name)).is_file()]
    assert missing == []


def bare(reference: str) -> str:
    return re.sub(r"[?#].*", "", reference)


def test_no_sheet_or_script_of_ours_needs_inline_styles_or_evaluation() -> None:
    scripts = "".join(path.read_text() for path in OURS if path.suffix == ".js")
    for forbidden in ("innerHTML", "insertAdjacentHTML", "eval(", "new Function", 'setAttribute("style"', "cssText"):
        assert forbidden not in scripts
