"""The checks that need nothing of a skill to run."""

from typing import Any

import pytest

from modules.skills import checks, written
from modules.skills.trying import same
from tests.modules.skills.writing import SOURCE, doing, text
from xoptweb.errors import Invalid

RICH = '''
from typing import Annotated, Literal
from pydantic import BaseModel, Field

FACTOR = 2.0


class Point(BaseModel):
    """One place."""

    x: float = Field(0, ge=0, description="horizontal")
    copy: "float | None" = None


def beam_area(
    points: list[Point], kind: Literal["a", "b"] = "a", n: Annotated[int, Field(ge=1)] = 1
) -> dict[str, float]:
    """Area.

    Args:
        points: what was measured,
            one for each shot.
        kind (str): how.
        n: how often.
    """
    return {"area": FACTOR}
'''


def failed(source: str, **more: Any) -> dict[str, list[str]]:
    found = checks.before_running(text(source, **more))
    return {each.name: each.said for each in found if not each.passed}


def test_a_good_text_passes_and_says_what_was_looked_at() -> None:
    found = checks.before_running(text())
    assert [each.name for each in found] == ["syntax", "imports", "types", "docstring"]
    assert checks.passed(found)


def test_the_schema_has_types_defaults_bounds_and_what_the_docstring_says() -> None:
    assert failed(RICH, examples=[{"arguments": {"points": [{"x": 1}]}, "result": {"area": 2}}]) == {}
    signature = checks.signature_of(text(RICH))
    assert signature is not None
    schema = signature.schema
    assert schema["required"] == ["points"]
    assert schema["properties"]["points"]["description"] == "what was measured, one for each shot."
    assert schema["properties"]["kind"]["enum"] == ["a", "b"]
    assert schema["properties"]["n"]["minimum"] == 1
    assert schema["$defs"]["Point"]["properties"]["x"] == {
        "default": 0, "description": "horizontal", "minimum": 0, "title": "X", "type": "number",
    }  # fmt: skip
    assert signature.result_schema == {"type": "object", "additionalProperties": {"type": "number"}}


@pytest.mark.parametrize(
    ("source", "check", "words"),
    [
        ("def beam_area(:", "syntax", "Line 1"),
        ("def other() -> int:\n    '''One.'''\n    return 1", "syntax", "called “other”"),
        ("def _a(): ...", "syntax", "exactly one"),
        ("def beam_area() -> int:\n    '''A.'''\ndef more() -> int:\n    '''B.'''", "syntax", "beam_area, more"),
        (f"print('hello')\n{SOURCE}", "syntax", "nothing happens on import"),
        (f"SECRET = open('/etc/passwd').read()\n{SOURCE}", "syntax", "plain values"),
        (f"import os\nNAMES = [n for n in os.environ]\n{SOURCE}", "syntax", "plain values"),
        (SOURCE.replace("def beam", "@print\ndef beam"), "syntax", "decorator"),
        (SOURCE.replace("= 1.0", "= float('1')"), "syntax", "plain values"),
        (SOURCE.replace("width: float", "width: print('x')"), "syntax", "plain values"),
        (f"class A:\n    x = 1\n{SOURCE}", "syntax", "BaseModel"),
        (f"class A(BaseModel):\n    x: int = print()\n{SOURCE}", "syntax", "fields"),
        (SOURCE.replace("half axis, in", "half \u202e axis, in"), "syntax", "U+202E"),
        (SOURCE.replace("    return", "\treturn"), "syntax", "tab"),
        ("-" * 15_000 + "1", "syntax", "nested too deeply"),
        ("1+" * 9_000 + "1", "syntax", "nested too deeply"),
        ("x = " + "[" * 500, "syntax", "nested"),
        (f"import numpy\n{SOURCE}", "imports", "“numpy” is neither"),
        (f"from . import secret\n{SOURCE}", "imports", "one file"),
        (f"from math import *\n{SOURCE}", "imports", "not *"),
        (doing("import requests\nreturn 'x'"), "imports", "requests"),
        (SOURCE.replace("width: float", "width"), "types", "“width”: a type is missing"),
        (SOURCE.replace("-> float", ""), "types", "returns: a type is missing"),
        (SOURCE.replace("width: float", "width: bytes"), "types", "JSON"),
        (SOURCE.replace("width: float", "width: set[int]"), "types", "JSON"),
        (SOURCE.replace("width: float", "*width: float"), "types", "must name each parameter"),
        (SOURCE.replace("= 1.0", "= 'wide'"), "types", "default of “height”"),
        (SOURCE.replace("width: float", f"width: {'list[' * 30}int{']' * 30}"), "types", "too deeply"),
        (SOURCE.replace("        width: horizontal half axis, in mm.\n", ""), "docstring", "what width is"),
        ("def beam_area() -> int:\n    return 1", "docstring", "no docstring"),
    ],
)
def test_what_is_wrong_is_named_by_its_check(source: str, check: str, words: str) -> None:
    found = failed(source)
    assert words in " ".join(found[check])


@pytest.mark.parametrize(
    ("examples", "words"),
    [
        ([], "at least one example"),
        ([{"arguments": {}, "result": 1}], "Example 1: width: Field required"),
        ([{"arguments": {"width": "wide"}, "result": 1}], "Example 1: width"),
        ([{"arguments": {"width": 1, "depth": 2}, "result": 1}], "depth: Extra inputs"),
    ],
)
def test_examples_that_do_not_suit_the_types_are_not_even_run(examples: list[dict[str, Any]], words: str) -> None:
    assert words in " ".join(failed(SOURCE, examples=examples)["examples"])


@pytest.mark.parametrize("bound", ["int | str, Field(ge=1)", "Any, Field(multiple_of=0)"])
def test_a_bound_that_does_not_suit_what_is_given_is_told_like_any_fault(bound: str) -> None:
    source = SOURCE.replace("width: float", f"width: Annotated[{bound}]")
    source = f"from typing import Annotated, Any\nfrom pydantic import Field\n{source}"
    examples = [{"arguments": {"width": "wide" if "str" in bound else 1}, "result": 1}]
    assert "Example 1: a bound does not suit" in failed(source, examples=examples)["examples"][0]


def test_only_packages_that_are_allowed_here_can_be_needed() -> None:
    source = f"import numpy as np\nimport scipy.optimize\n{SOURCE}"
    assert failed(source, dependencies=["numpy>=2", "SciPy"]) == {}
    assert "“evil-package” is none of the packages" in failed(SOURCE, dependencies=["evil-package"])["imports"][0]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "Beam"}, "name"),
        ({"name": "../x"}, "name"),
        ({"name": "class"}, "name"),
        ({"description": " "}, "description"),
        ({"source": "x" * 30_000}, "source"),
        ({"dependencies": ["numpy @ file:///etc"]}, "dependencies"),
        ({"dependencies": ["--index-url=http://x"]}, "dependencies"),
        ({"grants": ["everything"]}, "grants"),
        ({"examples": [{"arguments": [1]}]}, "examples"),
        ({"examples": [{"arguments": {}}] * 21}, "examples"),
    ],
)
def test_what_can_t_be_stored_is_named(more: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as problem:
        text(**{"source": SOURCE, **more})
    assert field in problem.value.fields


@pytest.mark.parametrize(
    ("expected", "given", "equal"),
    [
        (1, 1.0, True),
        (0.1 + 0.2, 0.3, True),
        (1, True, False),
        (None, 0, False),
        ([1, {"a": 2}], [1.0, {"a": 2.0}], True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
        ("1", 1, False),
        (1.0, 1.001, False),
    ],
)
def test_results_are_compared_as_json_but_for_last_figures(expected: Any, given: Any, equal: bool) -> None:
    assert same(expected, given) is equal


def test_everything_that_people_decide_on_is_in_the_digest() -> None:
    other: list[dict[str, Any]] = [
        {"description": "Another"},
        {"source": SOURCE.replace("math.pi", "3")},
        {"examples": [{"arguments": {"width": 2.0}, "result": 1}]},
        {"dependencies": ["numpy"]},
        {"grants": ["network"]},
    ]
    digests = {text(**{"source": SOURCE, **more}).digest for more in [{}, *other]}
    assert len(digests) == 6
    assert isinstance(text(), written.Written)
