"""Modules that run another module's code, in its environment, with values of their own."""

import json
from pathlib import Path

import pytest

from modules.installer import InstallError, engines, load
from modules.runner import Pool
from tests.modules.real import World, directory, install, spec_of

ENGINE = 'name: "tests/engine"\nversion: "1.0.0"\ntunables: {word: engine}\n'
GREETS = "word = client.tunable('word')\n@m.step\ndef begin(given):\n    return word()"


def variant(name: str, engine: str) -> str:
    return f'name: "tests/{name}"\nversion: "1.0.0"\nengine: "{engine}"\ntunables: {{word: {name}}}\n'


def refers(path: Path, manifest: str) -> Path:
    path.mkdir()
    (path / "xopt.yaml").write_text(manifest)
    return path


def test_a_variant_runs_its_engines_code_with_its_own_values(tmp_path: Path, pool: Pool, world: World) -> None:
    root = tmp_path / "root"
    engine = install(directory(tmp_path / "e", GREETS, ENGINE), root)
    done = install(refers(tmp_path / "v", variant("variant", "tests/engine@1.0.0")), root)
    assert sorted(path.name for path in done.path.iterdir()) == ["installed.json", "source"]
    assert done.engine == engine.path
    assert done.description["tunables"][0]["default"] == "variant"
    assert [pool.run(spec_of(each), None, world).output for each in (engine, done)] == ["engine", "variant"]


def test_a_variant_of_a_variant_runs_the_same_code(tmp_path: Path, pool: Pool, world: World) -> None:
    root = tmp_path / "root"
    engine = install(directory(tmp_path / "e", GREETS, ENGINE), root)
    install(refers(tmp_path / "v", variant("variant", "tests/engine@1.0.0")), root)
    done = install(refers(tmp_path / "w", variant("second", "tests/variant@1.0.0")), root)
    assert done.engine == engine.path
    assert pool.run(spec_of(done), None, world).output == "second"


@pytest.mark.parametrize("engine", ["tests/nothing@1.0.0", "tests/engine@9.0.0"])
def test_an_engine_that_is_not_installed_is_named(tmp_path: Path, engine: str) -> None:
    root = tmp_path / "root"
    install(directory(tmp_path / "e", GREETS, ENGINE), root)
    with pytest.raises(InstallError, match=f"The engine {engine} is not installed"):
        install(refers(tmp_path / "v", variant("variant", engine)), root)
    assert not (root / "tests" / "variant").exists()


def test_engines_that_go_round_in_a_circle_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    install(directory(tmp_path / "e", GREETS, ENGINE), root)
    one = install(refers(tmp_path / "one", variant("one", "tests/engine@1.0.0")), root)
    install(refers(tmp_path / "two", variant("two", "tests/one@1.0.0")), root)
    with pytest.raises(InstallError, match=r"a circle: tests/one@1\.0\.0 → tests/two@1\.0\.0 → tests/one@1\.0\.0"):
        install(refers(tmp_path / "again", variant("one", "tests/two@1.0.0")), root)
    assert load(one.path) == one
    stored = json.loads((one.path / "installed.json").read_text())
    assert stored["manifest"]["engine_ref"] == "tests/engine@1.0.0"


def test_a_module_with_code_has_no_engine(tmp_path: Path) -> None:
    engine = install(directory(tmp_path / "e", GREETS, ENGINE), tmp_path / "root")
    with pytest.raises(InstallError, match="code of its own"):
        engines.code_of(engine.manifest, tmp_path / "root")
