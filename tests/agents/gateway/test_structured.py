"""Answers that are data."""

import json

import pytest
from pydantic import BaseModel, Field

from agents.gateway import Cause, Request, structured
from agents.gateway.embedding import embed
from agents.models import ModelCall
from tests.agents.profiles import Made
from tests.endpoint import endpoint
from xoptweb.errors import Unavailable

pytestmark = pytest.mark.django_db

CAUSE = Cause("test")


class Verdict(BaseModel):
    """What is thought of the beam."""

    ready: bool
    reason: str = Field(min_length=3)


ASKED = Request([{"role": "system", "content": "You judge."}, {"role": "user", "content": "is it ready?"}])


def test_the_schema_is_part_of_the_prompt_and_words_around_the_object_do_no_harm(profile: Made) -> None:
    with endpoint('Here it is:\n```json\n{"ready": true, "reason": "all green"}\n```') as scripted:
        profile(scripted)
        found = structured(ASKED, Verdict, CAUSE)
    assert found.value == Verdict(ready=True, reason="all green")
    assert '"reason"' in scripted.asked[0]["messages"][0]["content"]
    assert "response_format" not in scripted.asked[0]


def test_an_endpoint_that_holds_answers_to_a_schema_is_given_it(profile: Made) -> None:
    with endpoint('{"ready": true, "reason": "all green"}') as scripted:
        profile(scripted, structure="json_schema")
        structured(ASKED, Verdict, CAUSE)
    asked = scripted.asked[0]
    assert asked["response_format"]["json_schema"]["schema"]["required"] == ["ready", "reason"]
    assert asked["messages"][0]["content"] == "You judge."


def test_a_wrong_answer_is_mended_by_telling_what_is_wrong(profile: Made) -> None:
    with endpoint("certainly!", '{"ready": "perhaps"}', '{"ready": false, "reason": "no beam"}') as scripted:
        profile(scripted)
        found = structured(ASKED, Verdict, CAUSE)
    assert found.value.reason == "no beam"
    assert len(found.completions) == ModelCall.objects.count() == 3
    told = scripted.asked[2]["messages"][-1]["content"]
    assert "ready: " in told
    assert "reason: Field required" in told


def test_mending_ends(profile: Made) -> None:
    with endpoint('{"ready": 7}') as scripted:
        profile(scripted)
        with pytest.raises(Unavailable) as refused:
            structured(ASKED, Verdict, CAUSE)
    assert refused.value.code == "not_structured"
    assert len(scripted.asked) == 3


def test_texts_become_vectors_where_a_profile_offers_that(profile: Made) -> None:
    data = [{"object": "embedding", "index": 1, "embedding": [0.0, 1.0]}, {"index": 0, "embedding": [1.0, 0.0]}]
    body = {"object": "list", "model": "e", "data": data, "usage": {"prompt_tokens": 6, "total_tokens": 6}}
    with endpoint((200, json.dumps(body))) as scripted:
        made = profile(scripted, embeddings_model="nomic")
        assert embed(["one", "two"], made, CAUSE) == [[1.0, 0.0], [0.0, 1.0]]
    assert scripted.asked[0]["input"] == ["one", "two"]
    assert ModelCall.objects.get().tokens_in == 6
