"""Tools: typed, permission-checked as the person they serve, bounded."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import BaseModel, Field, create_model

from tests.people import person
from xoptweb.accounts.models import ApiToken
from xoptweb.actors import Actor, system
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.tools import registry
from xoptweb.tools.registry import call, specs, tool

pytestmark = pytest.mark.django_db


class Question(BaseModel):
    """What to repeat."""

    text: str = Field(description="What to say.")
    times: int = Field(1, ge=1, le=5)


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    specs()  # loads those of the apps, which are set aside
    monkeypatch.setattr(registry, "_tools", {})

    @tool("repeat", "Say it again.", "view_machine")
    def repeat(question: Question, *, by: Actor) -> dict[str, Any]:
        return {"by": by.label, "said": [question.text] * question.times}

    @tool("flood", "Say far too much.", "view_machine")
    def flood(question: Question, *, by: Actor) -> str:
        return question.text * 100_000

    @tool("stop", "Stop everything.", "stop")
    def stop(question: Question, *, by: Actor) -> str:
        return "stopped"


def acting(role: str) -> Actor:
    return Actor(user=person("somebody", role), via="web")


def test_a_tool_acts_as_the_person_it_serves() -> None:
    assert call("repeat", {"text": "hello", "times": 2}, acting("observer")) == {
        "by": "somebody",
        "said": ["hello", "hello"],
    }


def test_a_person_without_the_permission_is_refused() -> None:
    by = acting("observer")
    with pytest.raises(NotAllowed):
        call("stop", {"text": ""}, by)
    assert call("stop", {"text": ""}, acting_more("operator")) == "stopped"


def acting_more(role: str) -> Actor:
    return Actor(user=person("another", role), via="web")


def test_a_token_reaches_no_further_than_its_scopes(olga: Any) -> None:
    with pytest.raises(NotAllowed):
        call("stop", {"text": ""}, Actor(olga, "api", ApiToken(user=olga, name="script", scopes=["read"])))


@pytest.mark.parametrize(
    ("arguments", "field"),
    [({}, "text"), ({"text": 5}, "text"), ({"text": "a", "times": 9}, "times"), ({"text": "a", "times": "x"}, "times")],
)
def test_a_wrong_argument_is_named(arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as problem:
        call("repeat", arguments, system("test"))
    assert set(problem.value.fields) == {field}


def test_a_bound_that_can_t_be_compared_with_what_is_given_is_a_wrong_argument() -> None:
    """Models of skills are made of what somebody wrote, and Pydantic lets these errors out."""
    made = create_model("Width", width=(int | str, Field(ge=1)))
    spec = registry.Spec("widen", "Widen.", "view_machine", made, lambda given, *, by: "wide")
    assert "wide" in spec.faults({"width": "wide"})["arguments"]
    with pytest.raises(Invalid):
        spec.validated({"width": "wide"})


def test_a_tool_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(NotFound):
        call("fly", {}, system("test"))


def test_a_result_is_bounded_and_says_so() -> None:
    result = call("flood", {"text": "abc"}, system("test"))
    assert result["truncated"] is True
    assert result["characters"] > 300_000
    assert len(result["beginning"]) == registry.LARGEST_RESULT


def test_tools_describe_themselves_by_json_schema() -> None:
    assert [spec.name for spec in specs()] == ["flood", "repeat", "stop"]
    schema = specs()[1].schema
    assert schema["required"] == ["text"]
    assert schema["properties"]["text"]["description"] == "What to say."
    assert schema["properties"]["times"]["maximum"] == 5


def without_a_type(text: str, *, by: Actor) -> str:
    return text


def without_arguments() -> str:
    return ""


@pytest.mark.parametrize("function", [without_a_type, without_arguments])
def test_a_tool_without_a_model_is_a_mistake_of_ours(function: Callable[..., str]) -> None:
    with pytest.raises(TypeError, match="Pydantic"):
        tool("untyped", "", "view_machine")(function)
