"""Installing packages into environments of their own."""

import json
import os
from pathlib import Path

import pytest

from modules import installer, package
from modules.installer import InstallError, interpreters
from modules.runner import Pool
from tests.modules.real import SMALL, World, code, directory, install, spec_of


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def left_over(root: Path) -> list[Path]:
    return list((root / ".building").iterdir())


def test_a_package_is_installed_with_its_source_environment_and_record(tmp_path: Path, root: Path) -> None:
    lines: list[str] = []
    done = install(directory(tmp_path / "a", "return given"), root, say=lines.append)
    assert done.path == root / "tests" / "small" / "1.0.0"
    assert sorted(path.name for path in done.path.iterdir()) == ["installed.json", "source", "venv"]
    assert json.loads((done.path / "installed.json").read_text())["digest"] == done.digest
    assert done.description["start_step"] == "begin"
    assert installer.load(done.path) == done
    assert left_over(root) == []
    assert any("Making an environment" in line for line in lines)
    assert lines[-1].startswith("Installed tests/small@1.0.0 in ")


def test_the_module_runs_where_it_was_put(tmp_path: Path, root: Path, pool: Pool, world: World) -> None:
    done = install(directory(tmp_path / "a", "import sys\nreturn [__file__, sys.prefix]"), root)
    assert pool.run(spec_of(done), None, world).output == [str(done.path / "source/main.py"), str(done.path / "venv")]


def test_versions_lie_side_by_side_and_go_one_by_one(tmp_path: Path, root: Path, pool: Pool, world: World) -> None:
    one = install(directory(tmp_path / "a", "return 1"), root)
    two = install(directory(tmp_path / "b", "return 2", SMALL.replace("1.0.0", "2.0.0")), root)
    assert [pool.run(spec_of(done), None, world).output for done in (one, two)] == [1, 2]
    installer.remove(one.path)
    assert sorted(path.name for path in (root / "tests" / "small").iterdir()) == ["2.0.0"]
    installer.remove(two.path)
    assert sorted(path.name for path in root.iterdir()) == [".building"]
    assert left_over(root) == []
    with pytest.raises(InstallError, match="Nothing complete"):
        installer.remove(two.path)


def test_the_same_version_is_replaced_also_while_it_is_warm(
    tmp_path: Path, root: Path, pool: Pool, world: World
) -> None:
    first = install(directory(tmp_path / "a", "return 1"), root)
    assert pool.run(spec_of(first), None, world).output == 1
    second = install(directory(tmp_path / "b", "return 2"), root)
    assert pool.run(spec_of(second), None, world).output == 2
    assert left_over(root) == []


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"main__py": "raise ValueError('broken at import')"}, "broken at import"),
        ({"main__py": "import os; os._exit(4)"}, "exit code 4"),
        ({"main__py": "x = 1"}, "registers no module"),
        ({"main__py": "import xopt\nxopt.register(lambda: xopt.Module('tests/small', '1', ''))"}, "no step to begin"),
        ({"requirements__txt": "xoptweb-has-no-such-dependency-1\n"}, "cannot be installed"),
        ({"pyproject__toml": '[project]\nrequires-python = ">=3.99"\n'}, "needs Python >=3.99"),
    ],
    ids=["raises", "exits", "nothing", "no start step", "no such dependency", "no such Python"],
)
def test_a_failure_leaves_what_was_installed_untouched(
    tmp_path: Path, root: Path, pool: Pool, world: World, files: dict[str, str], message: str
) -> None:
    before = install(directory(tmp_path / "a", "return 'still here'"), root)
    with pytest.raises(InstallError, match=message):
        install(directory(tmp_path / "b", "return 2", **files), root)
    assert installer.load(before.path) == before
    assert pool.run(spec_of(before), None, world).output == "still here"
    assert left_over(root) == []


def test_the_traceback_of_a_broken_module_is_in_the_log(tmp_path: Path, root: Path) -> None:
    lines: list[str] = []
    broken = directory(tmp_path / "a", "", main__py="def boom():\n    raise ValueError('not today')\nboom()\n")
    with pytest.raises(InstallError, match="not today"):
        install(broken, root, say=lines.append)
    assert any("in boom" in line for line in lines)


def test_source_builds_are_refused_unless_they_are_allowed(tmp_path: Path, root: Path) -> None:
    with pytest.raises(InstallError, match="Only ready-made wheels"):
        install(directory(tmp_path / "a", "return 1", requirements__txt="docopt==0.6.2\n"), root)


def test_another_interpreter_is_taken_when_the_module_needs_it(
    tmp_path: Path, root: Path, pool: Pool, world: World
) -> None:
    others = [each for each in interpreters.others(os.environ["PATH"]) if each.version.startswith(("3.12", "3.13"))]
    if not others:
        pytest.skip("this machine has no other Python")
    wanted = ".".join(others[0].version.split(".")[:2])
    asked = f'[project]\nrequires-python = ">={wanted},<4"\n'
    done = install(directory(tmp_path / "a", "import sys\nreturn sys.version", pyproject__toml=asked), root)
    assert pool.run(spec_of(done), None, world).output.startswith(done.python)
    assert tuple(map(int, done.python.split("."))) >= tuple(map(int, wanted.split(".")))


def test_a_module_that_says_another_name_runs_under_its_manifests(
    tmp_path: Path, root: Path, pool: Pool, world: World
) -> None:
    lines: list[str] = []
    other = code("return 1", name="somebody/else")
    done = install(directory(tmp_path / "a", "", main__py=other), root, say=lines.append)
    assert any("the code calls itself somebody/else@1.0.0" in line for line in lines)
    assert pool.run(spec_of(done), None, world).output == 1


def test_the_original_directory_layout_and_paths_do_no_harm(
    tmp_path: Path, root: Path, pool: Pool, world: World
) -> None:
    """Modules of the original put a path before the search path, and have a runner beside their code."""
    body = "import os, sys\nsys.path.insert(0, os.path.join(os.path.dirname(__file__), '../../..'))\nimport xopt\n"
    legacy = "tests/small@1.0.0:\n  configurables: {}\n  tunables: {}\n"
    poetry = '[tool.poetry.dependencies]\nxoptpy = {path = "../../..", develop = true}\n'
    made = directory(
        tmp_path / "a", "", legacy,
        small__py=body + code("return xopt.__name__"), run_small__py="import xopt\n",
        pyproject__toml=f'[project]\nname="small"\ndependencies=["xoptpy"]\nrequires-python=">=3.10"\n\n{poetry}',
    )  # fmt: skip
    (made / "main.py").unlink()
    done = install(made, root)
    assert pool.run(spec_of(done), None, world).output == "xopt"


def test_an_extracted_package_must_be_the_one_that_was_read(tmp_path: Path, root: Path) -> None:
    archive = package.write(directory(tmp_path / "a", "return 1"), tmp_path)
    read = package.read(archive)
    package.write(directory(tmp_path / "a", "return 2"), tmp_path)
    with pytest.raises(package.PackageError, match="has changed"):
        installer.install(read, root, say=lambda line: None)
