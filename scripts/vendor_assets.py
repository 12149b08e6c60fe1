"""Re-create static/vendor/ from the npm registry, or check that it is what its manifest says.

    python scripts/vendor_assets.py            fetch every package named below and write static/vendor/ anew
    python scripts/vendor_assets.py --check    compare the files with the manifest; no network is needed

Needs `npm` (only `npm pack`, which verifies what it downloads; nothing is installed and no package script runs) and
only on the machine of whoever updates a version: the result is committed, so neither a build nor an installation needs
Node. To update a package, change its version in PACKAGES, run the script, look at the difference, run the tests.

Each package becomes one folder with the few files that pages use, its licence text, and a record in manifest.json:
name, version, licence (SPDX), and the SHA-256 of every file. References to files that are not kept (source maps,
fallback font formats) are cut from the copies, as a missing file would stop `collectstatic`; the manifest marks these
files as edited.
"""

import argparse
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = "manifest.json"

# Parts of a text file that point at files which are not kept.
DANGLING = (
    re.compile(rb"\s*/\*# sourceMappingURL=[^*]*\*/\s*"),
    re.compile(rb',url\("fonts/bootstrap-icons\.woff\?[0-9a-f]+"\) format\("woff"\)'),
)


@dataclass(frozen=True)
class Package:
    """One npm package: the folder it gets, and which of its files are kept under which name."""

    name: str
    version: str
    folder: str
    files: dict[str, str]
    """Path inside the package: path inside the folder. The licence text is always kept besides."""


PACKAGES = (
    Package("bootstrap", "5.3.8", "bootstrap", {"dist/css/bootstrap.min.css": "bootstrap.min.css"}),
    Package(
        "bootstrap-icons",
        "1.13.2",
        "bootstrap-icons",
        {
            "font/bootstrap-icons.min.css": "bootstrap-icons.min.css",
            "font/fonts/bootstrap-icons.woff2": "fonts/bootstrap-icons.woff2",
        },
    ),
    Package("htmx.org", "2.0.11", "htmx", {"dist/htmx.min.js": "htmx.min.js"}),
    Package("idiomorph", "0.8.0", "idiomorph", {"dist/idiomorph-ext.min.js": "idiomorph-ext.min.js"}),
    Package("uplot", "1.6.32", "uplot", {"dist/uPlot.esm.js": "uPlot.esm.js", "dist/uPlot.min.css": "uPlot.min.css"}),
    Package(
        "@fontsource-variable/inter",
        "5.3.0",
        "inter",
        {"files/inter-latin-wght-normal.woff2": "inter-latin-wght-normal.woff2"},
    ),
    Package(
        "@fontsource/ibm-plex-mono",
        "5.3.0",
        "ibm-plex-mono",
        {
            "files/ibm-plex-mono-latin-400-normal.woff2": "ibm-plex-mono-latin-400-normal.woff2",
            "files/ibm-plex-mono-latin-500-normal.woff2": "ibm-plex-mono-latin-500-normal.woff2",
        },
    ),
)


def unpack(package: Package, scratch: Path) -> Path:
    """Download one package and return the folder of its unpacked contents.

    Raises:
        subprocess.CalledProcessError: npm could not fetch the package; its own message is on stderr.
    """
    command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
    tarball = subprocess.run(command, cwd=scratch, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    target = scratch / package.folder
    with tarfile.open(scratch / tarball) as archive:
        archive.extractall(target, filter="data")
    return target / "package"


def without_dangling_references(content: bytes, name: str) -> bytes:
    """Cut references to files that are not kept from a style sheet or script; other files stay as they are."""
    if not name.endswith((".css", ".js")):
        return content
    for pattern in DANGLING:
        content = pattern.sub(b"", content)
    return content


def keep(source: Path, target: Path) -> dict[str, Any]:
    """Copy one file and return its record for the manifest."""
    original = source.read_bytes()
    content = without_dangling_references(original, source.name)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    record: dict[str, Any] = {"sha256": hashlib.sha256(content).hexdigest()}
    if content != original:
        record["edited"] = "references to files that are not kept were cut"
    return record


def vendor(package: Package, unpacked: Path, root: Path) -> dict[str, Any]:
    """Copy one package's files under `root` and return its entry for the manifest.

    Raises:
        ValueError: the unpacked package is not the version that was asked for.
    """
    about = json.loads((unpacked / "package.json").read_text())
    if about["version"] != package.version:
        raise ValueError(f"{package.name}: asked for {package.version}, got {about['version']}")
    wanted = {**package.files, "LICENSE": "LICENSE"}
    files = {
        f"{package.folder}/{name}": keep(unpacked / origin, root / package.folder / name)
        for origin, name in sorted(wanted.items(), key=lambda item: item[1])
    }
    return {"name": package.name, "version": package.version, "licence": about["license"], "files": files}


def build() -> None:
    """Fetch all packages and put the new folder in the old one's place, only when everything has arrived."""
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "vendor"
        fresh.mkdir()
        entries = [vendor(package, unpack(package, Path(scratch)), fresh) for package in PACKAGES]
        (fresh / MANIFEST).write_text(json.dumps({"packages": entries}, indent=2) + "\n")
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(fresh, VENDOR)


def differences() -> list[str]:
    """Say, one line each, where static/vendor/ is not what its manifest says."""
    manifest = json.loads((VENDOR / MANIFEST).read_text())
    expected = {name: record["sha256"] for entry in manifest["packages"] for name, record in entry["files"].items()}
    present = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != MANIFEST
    }
    missing = [f"missing: {name}" for name in sorted(expected.keys() - present.keys())]
    unknown = [f"not in the manifest: {name}" for name in sorted(present.keys() - expected.keys())]
    changed = [
        f"changed: {name}" for name in sorted(expected.keys() & present.keys()) if expected[name] != present[name]
    ]
    return missing + unknown + changed


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only compare the files with the manifest")
    if not parser.parse_args().check:
        build()
    problems = differences()
    print("\n".join(problems) or f"{VENDOR.name}: as the manifest says")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
