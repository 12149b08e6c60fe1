"""Archives made member by member, also those that no packager would make."""

import gzip
import io
import tarfile
from pathlib import Path

CODE = b"import xopt\n"
MANIFEST = b'name: "lab/small"\nversion: "1.0.0"\n'


def member(name: str, kind: bytes = tarfile.REGTYPE, *, link: str = "", size: int = 0) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, link, size
    return made


def archive(path: Path, *extra: tuple[tarfile.TarInfo, bytes], manifest: bytes | None = MANIFEST) -> Path:
    """A good small module with further members."""
    with tarfile.open(path, "w:gz") as made:
        if manifest is not None:
            made.addfile(member("./xopt.yaml", size=len(manifest)), io.BytesIO(manifest))
        made.addfile(member("./main.py", size=len(CODE)), io.BytesIO(CODE))
        for info, content in extra:
            made.addfile(info, io.BytesIO(content))
    return path


def bomb(path: Path, megabytes: int) -> Path:
    """One file of zeros: small, until it is unpacked."""
    with gzip.open(path, "wb", compresslevel=9) as out:
        out.write(member("./zeros", size=megabytes * 1_000_000).tobuf(tarfile.GNU_FORMAT))
        for _ in range(megabytes):
            out.write(bytes(1_000_000))
    return path


def module(directory: Path, manifest: str, **files: str) -> Path:
    """A module's directory; in the names of files `__` stands for the dot."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "xopt.yaml").write_text(manifest)
    for name, content in files.items():
        (directory / name.replace("__", ".")).write_text(content)
    return directory
