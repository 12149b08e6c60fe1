"""The assistant's prompts: changed, compared, rolled back, and named by each call that they began."""

from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client

from agents.models import ModelCall, PromptVersion, Turn
from agents.prompts.shipped import ASSISTANT, CHECK, PROMPTS, SUMMARY
from agents.prompts.wording import fault, fill
from agents.services import prompts
from controls.models import Machine
from tests.agents.loop.conftest import Talking, talking
from tests.endpoint import Call, Said
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed, NotFound

__all__ = ["talking"]

pytestmark = pytest.mark.django_db

LIST: Call = ("find_machines", {})
SHORT = "You help {who}. Be short."


def test_what_is_shipped_is_in_force_until_somebody_changes_it(peter: User) -> None:
    by = Actor(user=peter)
    assert prompts.in_force(ASSISTANT) == prompts.Used("assistant", 0, ASSISTANT.text)
    prompts.set_text(ASSISTANT, SHORT, by=by, reason="they talk too much", seen=0)
    assert prompts.in_force(ASSISTANT).filled(who="olga", today="Friday") == "You help olga. Be short."
    prompts.clear(ASSISTANT, by=by)
    assert prompts.in_force(ASSISTANT) == prompts.Used("assistant", 2, ASSISTANT.text)
    prompts.rollback(ASSISTANT, 1, by=by)
    assert (prompts.in_force(ASSISTANT).text, prompts.in_force(ASSISTANT).number) == (SHORT, 3)
    prompts.rollback(ASSISTANT, 0, by=by)
    assert (prompts.in_force(ASSISTANT).text, prompts.in_force(ASSISTANT).number) == (ASSISTANT.text, 4)
    actions = list(Entry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["prompt.set", "prompt.cleared", "prompt.rolled_back", "prompt.rolled_back"]


def test_only_those_who_edit_tunables_change_it_and_nobody_overwrites_anothers_change(peter: User, olga: User) -> None:
    changes: tuple[Callable[[Actor], object], ...] = (
        lambda by: prompts.set_text(ASSISTANT, SHORT, by=by),
        lambda by: prompts.clear(ASSISTANT, by=by),
        lambda by: prompts.rollback(ASSISTANT, 0, by=by),
    )
    for change in changes:
        with pytest.raises(NotAllowed):
            change(Actor(user=olga))
    prompts.set_text(ASSISTANT, SHORT, by=Actor(user=peter), seen=0)
    with pytest.raises(Conflict, match="peter"):
        prompts.set_text(ASSISTANT, "Mine, {who}.", by=Actor(user=peter), seen=0)
    with pytest.raises(NotFound):
        prompts.rollback(ASSISTANT, 9, by=Actor(user=peter))
    assert PromptVersion.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (" \n", "some words"),
        ("x" * 20_001, "20000 is the most"),
        ("Look at {answer}.", "{results} must stand"),
        ("{results} {answer} {secret}", "Nothing comes into {secret}"),
    ],
)
def test_a_text_that_cannot_be_the_prompt_is_refused_with_the_reason(peter: User, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        prompts.set_text(CHECK, text, by=Actor(user=peter))


def test_what_is_filled_in_is_not_filled_in_again_and_other_braces_stay() -> None:
    assert fill('{a} {b} {"json": 1} {a.__class__}', {"a": "{b}", "b": "x"}) == '{b} x {"json": 1} {a.__class__}'
    assert [fault(prompt, prompt.text) for prompt in PROMPTS.values()] == ["", "", ""]


def test_the_model_is_told_the_text_in_force_and_each_call_names_it(
    talking: Talking, linac: Machine, peter: User
) -> None:
    by = Actor(user=peter)
    prompts.set_text(ASSISTANT, SHORT, by=by)
    prompts.set_text(CHECK, "Is it so? {results} Said: {answer}", by=by)
    with talking(Said("", (LIST,)), "There is one.", '{"unsupported": []}', verify=True) as talk:
        talk.ask()
    assert talk.told[0][0]["content"] == "You help olga. Be short."
    assert talk.told[2][-1]["content"].startswith("Is it so? ")
    assert talk.told[2][-1]["content"].endswith("Said: There is one.")
    calls = ModelCall.objects.order_by("id").values_list("prompt_version", flat=True)
    assert list(calls) == ["assistant 1", "assistant 1", "check 1"]
    assert Turn.objects.get().prompt_version == "assistant 1"


def test_a_long_result_is_summarised_as_the_prompt_says(talking: Talking, linac: Machine, peter: User) -> None:
    prompts.set_text(SUMMARY, "Shorter, please: {result}", by=Actor(user=peter))
    reads = Said("", tuple(("find_channels", {"words": "", "limit": number}) for number in range(90, 100)))
    with talking(reads, "short", context_tokens=8000) as talk:
        talk.ask()
    asked = [told[0]["content"] for told in talk.told if told[0]["role"] == "user"]
    assert asked
    assert all(text.startswith("Shorter, please: ") for text in asked)
    assert ModelCall.objects.filter(prompt_version="summary 1").count() == len(asked)


PAGE = "/assistant/prompts/assistant/"


def text(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def test_a_physicist_edits_compares_and_rolls_back_on_the_page(client: Client, linac: Machine, peter: User) -> None:
    log_in(client, peter)
    assert "as shipped" in text(client, "/assistant/prompts/")
    answer = client.post(f"{PAGE}set/", {"text": SHORT, "reason": "too long", "seen": "0"})
    assert answer["Location"] == PAGE
    assert "too long" in text(client, PAGE)
    compared = text(client, f"{PAGE}?from=1&to=0")
    assert "Roll back to number 0" in compared
    assert "<ins>" in compared or "line add" in compared
    client.post(f"{PAGE}rollback/", {"number": "0", "seen": "1"})
    assert prompts.in_force(ASSISTANT).text == ASSISTANT.text
    refused = client.post(f"{PAGE}set/", {"text": "Help {whom}.", "seen": "2"})
    assert refused.status_code == 422
    assert "Help {whom}." in unescape(refused.content.decode())
    late = client.post(f"{PAGE}set/", {"text": SHORT, "seen": "1"})
    assert (late.status_code, SHORT in unescape(late.content.decode())) == (409, True)
    client.post(f"{PAGE}set/", {"text": SHORT, "seen": "2"})
    client.post(f"{PAGE}clear/", {"seen": "3"})
    assert prompts.in_force(ASSISTANT) == prompts.Used("assistant", 4, ASSISTANT.text)


def test_an_operator_reads_it_and_may_not_change_it(client: Client, linac: Machine, olga: User) -> None:
    log_in(client, olga)
    assert '<form class="stack tight" method="post" action="/assistant/prompts' not in text(client, PAGE)
    assert client.post(f"{PAGE}set/", {"text": SHORT}).status_code == 403
    assert client.get("/assistant/prompts/nonsense/").status_code == 404
    assert client.get(f"{PAGE}?from=1&to=0").status_code == 404


def test_the_admin_adds_a_text_and_rolls_back(client: Client, linac: Machine, peter: User) -> None:
    log_in(client, peter)
    add = "/admin/agents/promptversion/add/"
    wrong = client.post(add, {"name": "check", "text": "no fields", "reason": ""})
    assert "must stand in it" in wrong.content.decode()
    client.post(add, {"name": "assistant", "text": SHORT, "reason": "by the admin"})
    client.post(add, {"name": "assistant", "text": "Another, {who}.", "reason": ""})
    first = PromptVersion.objects.get(number=1)
    chosen = {"action": "roll_back", "_selected_action": [str(first.pk)]}
    client.post("/admin/agents/promptversion/", chosen)
    assert prompts.in_force(ASSISTANT) == prompts.Used("assistant", 3, SHORT)
    change = client.post(f"/admin/agents/promptversion/{first.pk}/change/", {"text": "else"})
    assert change.status_code == 403
    assert list(Entry.objects.filter(action__startswith="prompt.").values_list("who", flat=True)) == ["peter"] * 3
