"""Packaging a directory and unpacking it again."""

import tarfile
from pathlib import Path

import pytest

from modules import package
from modules.package import PackageError
from tests.modules.package.archives import module

MANIFEST = 'name: "lab/small"\nversion: "1.0.0"\n'


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = module(tmp_path / "small", MANIFEST, main__py="import xopt\n", readme__md="Hello")
    (made / "data").mkdir()
    (made / "data" / "table.csv").write_text("1,2\n")
    return made


def test_a_directory_becomes_an_archive_and_a_directory_again(directory: Path, tmp_path: Path) -> None:
    path = package.write(directory, tmp_path)
    assert path.name == "lab_small-1.0.0.xopt"
    read = package.read(path)
    assert read.members == ("data/table.csv", "main.py", "readme.md", "xopt.yaml")
    assert read.size == path.stat().st_size
    package.extract(read, tmp_path / "out")
    assert (tmp_path / "out" / "data" / "table.csv").read_text() == "1,2\n"


def test_members_are_named_from_the_directory_itself(directory: Path, tmp_path: Path) -> None:
    with tarfile.open(package.write(directory, tmp_path), "r:gz") as archive:
        assert all(name.startswith("./") for name in archive.getnames())


def test_hidden_files_environments_and_caches_stay_out(directory: Path, tmp_path: Path) -> None:
    (directory / ".env").write_text("KEY=secret")
    for name in (".venv", "__pycache__", "venv", ".git"):
        (directory / name).mkdir()
        (directory / name / "x.py").write_text("")
    (directory / "odd").mkdir()
    (directory / "odd" / "pyvenv.cfg").write_text("")
    (directory / "old.xopt").write_text("")
    members = package.read(package.write(directory, tmp_path)).members
    assert members == ("data/table.csv", "main.py", "readme.md", "xopt.yaml")


def test_the_same_content_gives_the_same_digest(directory: Path, tmp_path: Path) -> None:
    first = package.read(package.write(directory, tmp_path / "a.xopt")).digest
    (directory / "main.py").touch()
    assert package.read(package.write(directory, tmp_path / "b.xopt")).digest == first


def test_the_usual_place_is_the_current_directory(
    directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert package.write(directory) == Path("lab_small-1.0.0.xopt")
    assert (tmp_path / "lab_small-1.0.0.xopt").exists()


def test_a_directory_that_is_no_module_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackageError, match=r"no xopt\.yaml"):
        package.write(tmp_path / "empty", tmp_path)
    (module(tmp_path / "linked", MANIFEST, main__py="") / "out").symlink_to("/etc")
    with pytest.raises(PackageError, match="leads out"):
        package.write(tmp_path / "linked", tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty", "linked"]
