"""Archives that are refused, each with a message for a person, before anything is unpacked."""

import os
import tarfile
from pathlib import Path

import pytest

from modules import package
from modules.package import Limits, PackageError
from tests.modules.package.archives import MANIFEST, archive, bomb, member

OUTSIDE = {
    "a name with dots": (member("../evil.py"), "leads out"),
    "dots in the middle": (member("./a/../../evil.py"), "leads out"),
    "an absolute name": (member("/etc/evil"), "not a path inside"),
    "a backslash": (member("..\\evil"), "not a path inside"),
    "a link upward": (member("./up", tarfile.SYMTYPE, link="../../etc/passwd"), "leads out"),
    "an absolute link": (member("./etc", tarfile.SYMTYPE, link="/etc"), "leads out"),
    "a hard link outward": (member("./hard", tarfile.LNKTYPE, link="../secret"), "leads out"),
    "a character device": (member("./null", tarfile.CHRTYPE), "neither file nor directory"),
    "a block device": (member("./disk", tarfile.BLKTYPE), "neither file nor directory"),
    "a pipe": (member("./pipe", tarfile.FIFOTYPE), "neither file nor directory"),
    "a file twice": (member("./main.py"), "twice"),
    "a file below a file": (member("./main.py/x"), "below something"),
    "a name that is too long": (member("./" + "x" * 300), "too long"),
    "a path that is too deep": (member("./" + "d/" * 40 + "x"), "too deep"),
}


@pytest.mark.parametrize("case", OUTSIDE)
def test_a_member_that_may_not_be_there_is_refused(tmp_path: Path, case: str) -> None:
    info, message = OUTSIDE[case]
    with pytest.raises(PackageError, match=message):
        package.read(archive(tmp_path / "bad.xopt", (info, b"")))
    assert [path.name for path in tmp_path.iterdir()] == ["bad.xopt"]


def test_a_file_below_a_link_is_refused(tmp_path: Path) -> None:
    link, below = member("./here", tarfile.SYMTYPE, link="."), member("./here/x")
    with pytest.raises(PackageError, match="below something"):
        package.read(archive(tmp_path / "bad.xopt", (link, b""), (below, b"")))


def test_a_bomb_is_refused_without_being_unpacked(tmp_path: Path) -> None:
    path = bomb(tmp_path / "bomb.xopt", 60)
    assert path.stat().st_size < 100_000
    with pytest.raises(PackageError, match="larger than 50 MB"):
        package.read(path, Limits(unpacked=50_000_000))


def test_a_header_that_would_fill_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.xopt"
    archive(path, (member("./pax", tarfile.XHDTYPE, size=20_000_000), bytes(20_000_000)))
    with pytest.raises(PackageError, match="header that is far too large"):
        package.read(path)


def test_a_sparse_file_counts_with_the_size_it_says_to_have(tmp_path: Path) -> None:
    info = member("./huge", tarfile.GNUTYPE_SPARSE, size=0)
    path = archive(tmp_path / "bad.xopt", (info, b""))
    with pytest.raises(PackageError):
        package.read(path, Limits(unpacked=10))


def test_too_many_members_are_refused(tmp_path: Path) -> None:
    extra = [(member(f"./{number}.txt"), b"") for number in range(20)]
    with pytest.raises(PackageError, match="more than 10 files"):
        package.read(archive(tmp_path / "bad.xopt", *extra), Limits(members=10))


def test_a_large_archive_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.xopt"
    path.write_bytes(os.urandom(2000))
    with pytest.raises(PackageError, match="larger than 0 MB"):
        package.read(path, Limits(archive=1000))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b" + b"x" * 50, b"\x1f\x8b"])
def test_what_is_no_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.xopt"
    path.write_bytes(content)
    with pytest.raises(PackageError):
        package.read(path)


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "bad.xopt", (member("./big", size=100_000), os.urandom(100_000)))
    path.write_bytes(path.read_bytes()[:40_000])
    with pytest.raises(PackageError, match="damaged"):
        package.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"gone\.xopt cannot be opened"):
        package.read(tmp_path / "gone.xopt")


def test_an_archive_without_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"no xopt\.yaml"):
        package.read(archive(tmp_path / "bad.xopt", manifest=None))


def test_a_manifest_that_is_a_link_is_refused(tmp_path: Path) -> None:
    link = member("./xopt.yaml", tarfile.SYMTYPE, link="main.py")
    with pytest.raises(PackageError, match="not a file"):
        package.read(archive(tmp_path / "bad.xopt", (link, b""), manifest=None))


def test_an_archive_that_changed_since_it_was_read_is_not_unpacked(tmp_path: Path) -> None:
    path = archive(tmp_path / "a.xopt")
    read = package.read(path)
    archive(path, (member("./more.py"), b""), manifest=MANIFEST + b"# more\n")
    with pytest.raises(PackageError, match="has changed"):
        package.extract(read, tmp_path / "out")
    assert not (tmp_path / "out").exists()
