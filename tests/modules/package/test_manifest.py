"""What a package says of itself, in both forms, and what is wrong with some."""

import pytest

from modules.package import PackageError
from modules.package.manifest import Manifest, parse

FILES = ["xopt.yaml", "main.py"]
HEAD = 'name: "lab/small"\nversion: "1.0.0"\n'


def test_both_forms_say_the_same() -> None:
    new = parse(HEAD + "tunables: {prompt: hello}\nconfigurables: {tools: [a, b]}\n", FILES)
    legacy = parse("lab/small@1.0.0:\n  tunables: {prompt: hello}\n  configurables: {tools: [a, b]}\n", FILES)
    assert new == legacy
    assert new.tunables == {"prompt": "hello"}
    assert new.configurables == {"tools": ["a", "b"]}
    assert new.code_file == "main.py"


def test_a_manifest_goes_through_json_unchanged() -> None:
    stated = parse(HEAD, FILES, pyproject='[project]\ndependencies=["numpy>=2"]\nrequires-python=">=3.11"\n')
    assert Manifest.from_json(stated.as_json()) == stated


def test_an_engine_of_another_module_needs_no_code() -> None:
    stated = parse(HEAD + 'engine: "lab/engine@2.1.0"\n', ["xopt.yaml"])
    assert (stated.engine_ref, stated.engine_file, stated.code_file) == ("lab/engine@2.1.0", None, None)


def test_an_engine_file_is_the_code() -> None:
    stated = parse(HEAD + 'engine: "./other.py"\n', [*FILES, "other.py"])
    assert (stated.code_file, stated.engine_file, stated.engine_ref) == ("other.py", "other.py", None)


@pytest.mark.parametrize(
    ("files", "code"),
    [
        (["xopt.yaml", "anything.py"], "anything.py"),
        (["small.py", "run_small.py"], "small.py"),
        (["main.py", "parts.py"], "main.py"),
        (["__init__.py", "parts.py"], "__init__.py"),
        (["tool.py", "setup.py", "test_tool.py", "package/inner.py"], "tool.py"),
    ],
)
def test_the_code_file_is_found(files: list[str], code: str) -> None:
    assert parse(HEAD, files).code_file == code


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (["xopt.yaml"], "no Python file"),
        (["one.py", "two.py"], "Any of “one.py”, “two.py”"),
        (["main.py", "small.py"], "Any of"),
    ],
)
def test_code_that_is_not_one_file_is_refused(files: list[str], message: str) -> None:
    with pytest.raises(PackageError, match=message):
        parse(HEAD, files)


@pytest.mark.parametrize(
    "name", ["..", "lab", "lab/", "/small", "Lab/small", "lab/../x", "lab/.x", "lab/a b", "lab/a/b",
             "a/" + "b" * 200, "5"]
)  # fmt: skip
def test_a_name_that_breaks_the_rules_is_refused(name: str) -> None:
    with pytest.raises(PackageError, match="not a module name") as refused:
        parse(f'name: "{name}"\nversion: "1.0.0"\n', FILES)
    assert refused.value.field == "name"


@pytest.mark.parametrize("version", ["", "..", "1/2", "one", "1.0.0/..", "1.0 beta", "1" * 60, "-1", "[1]"])
def test_a_version_that_breaks_the_rules_is_refused(version: str) -> None:
    with pytest.raises(PackageError, match="not a version") as refused:
        parse(f'name: "lab/small"\nversion: "{version}"\n', FILES)
    assert refused.value.field == "version"


@pytest.mark.parametrize(
    "text",
    [
        "", "null", "[1, 2]", "just text", "a: b: c", "\t- x", "{", "lab/small: {}", "lab/small@1.0.0: 5",
        "a/b@1: {}\nc/d@1: {}", HEAD + "tunables: [1]", HEAD + "tunables: {a: .nan}", HEAD + "tunables: {1: a}",
        HEAD + "tunables: !!python/object:os.system {}", "[" * 5000, HEAD + "configurables: text",
    ],
)  # fmt: skip
def test_broken_yaml_is_refused_with_a_message(text: str) -> None:
    with pytest.raises(PackageError) as refused:
        parse(text, FILES)
    assert len(refused.value.message) > 10


def test_yaml_that_multiplies_itself_is_refused() -> None:
    lines = ["tunables:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(PackageError, match="more than"):
        parse(HEAD + "\n".join(lines), FILES)


@pytest.mark.parametrize(
    ("engine", "message"),
    [
        ("./gone.py", "not a Python file"), ("../x.py", "outside"), ("/x.py", "outside"),
        ("./main.txt", "not a Python"),
        ("lab/engine", "needs a version"), ("lab/engine@x", "not a version"), ("nonsense", "not a module name"),
        ("lab/small@1.0.0", "names itself"),
    ],
)  # fmt: skip
def test_an_engine_that_cannot_be_is_refused(engine: str, message: str) -> None:
    with pytest.raises(PackageError, match=message) as refused:
        parse(HEAD + f'engine: "{engine}"\n', FILES)
    assert refused.value.field == "engine"


@pytest.mark.parametrize(
    "needed", ['"xoptpy"', '"xoptpy>=0.1"', '"xopt @ file:///home/someone/xopt"', '"xopt@file:../../.."', '"XoptPy"']
)
def test_the_sdk_is_never_a_dependency(needed: str) -> None:
    stated = parse(HEAD, FILES, pyproject=f'[project]\ndependencies = [{needed}, "numpy>=2"]\n')
    assert stated.dependencies == ("numpy>=2",)


def test_slacs_xopt_is_a_dependency_like_any_other() -> None:
    assert parse(HEAD, FILES, pyproject='[project]\ndependencies = ["xopt>=3"]\n').dependencies == ("xopt>=3",)


def test_requirements_are_read_without_a_pyproject() -> None:
    text = "# what it needs\nnumpy>=2  # arrays\n\nxoptpy\nscipy \\\n  >=1.11\n"
    assert parse(HEAD, FILES, requirements=text).dependencies == ("numpy>=2", "scipy>=1.11")


@pytest.mark.parametrize(
    "pyproject",
    [
        "[project", "[project]\ndependencies = 5", '[project]\ndependencies = ["a b c"]', "project = 5",
        '[project]\nrequires-python = "snake"', '[project]\ndependencies = ["x @ file:///home/me/x"]',
    ],
)  # fmt: skip
def test_broken_toml_is_refused(pyproject: str) -> None:
    with pytest.raises(PackageError):
        parse(HEAD, FILES, pyproject=pyproject)


def test_options_of_pip_are_refused() -> None:
    with pytest.raises(PackageError, match="option"):
        parse(HEAD, FILES, requirements="--extra-index-url https://example.org\n")
