"""Foreign text that hides or reorders itself is written out on every page on which a person decides something."""

import re
import unicodedata
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db.models import Model
from django.test import Client

from agents.models import Conversation, Memory, Message, Plan, PlanNote, PlanTask, PromptVersion, Turn
from controls.models import Channel, Machine
from modules.models import Grant, Module, ModuleVersion, Project, Run, Tunable, TunableValue
from modules.services import grants, installing
from optimizer.models import (
    Campaign,
    Criterion,
    Document,
    Environment,
    Evaluation,
    Execution,
    Guard,
    Iteration,
    Objective,
    StageRecord,
)
from optimizer.tools.proposing import ProposeCampaign, propose_campaign
from tests.modules.installed import actor
from tests.pages.modules_world import fill, packaged
from tests.pages.world import add_write, ask_approval, execute, log_in, make_campaign
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval, Vote

MORE = 'dependencies: ["numpy"]\ndescription: "\\u202e\\u200b says"\n'
HIDDEN = "\u202e\u200b\x1b[8m\u2066\u00ad"
TEXTAREA = re.compile(r"<textarea.*?</textarea>", re.DOTALL)
TEXTS: dict[type[Model], tuple[str, ...]] = {
    Machine: ("name", "description"),
    Channel: ("description", "group", "units"),
    Environment: ("name", "description"),
    Objective: ("units",),
    Guard: ("name",),
    Criterion: ("name",),
    Document: ("title", "text"),
    Campaign: ("sentence", "message"),
    Iteration: ("changes_requested",),
    StageRecord: ("summary", "reasoning", "decided_by"),
    Execution: ("message",),
    Evaluation: ("detail",),
    Approval: ("title",),
    Vote: ("reason",),
    Module: ("description",),
    ModuleVersion: ("error", "uploaded_by", "installed_by", "isolation"),
    Tunable: ("description",),
    TunableValue: ("reason", "by"),
    Grant: ("target", "by"),
    Project: ("name", "description", "sync_error"),
    Run: ("error", "progress_text", "requester"),
    Conversation: ("title",),
    Turn: ("message",),
    Message: ("text", "tool"),
    Memory: ("text", "source"),
    Plan: ("goal",),
    PlanTask: ("text",),
    PlanNote: ("text", "by"),
    PromptVersion: ("text", "reason", "by"),
}
PAGES = (
    "/", "/?part=now", "/parts/machines/", "/campaigns/", "/campaigns/{campaign}/", "/campaigns/{campaign}/?part=head",
    "/campaigns/{campaign}/?part=side", "/campaigns/{campaign}/trace/", "/campaigns/{campaign}/configuration/",
    "/campaigns/{campaign}/analysis/", "/campaigns/{campaign}/writes/", "/campaigns/{campaign}/audit/",
    "/campaigns/{waiting}/", "/campaigns/new/", "/campaigns/new/understood/?sentence=beam", "/approvals/",
    "/approvals/{execution}/", "/approvals/{install}/", "/approvals/{granting}/", "/approvals/{restore}/",
    "/approvals/{unknown}/",
    "/machine/demo-linac/", "/machine/demo-linac/?part=standing", "/machine/demo-linac/?part=leases",
    "/machine/demo-linac/writes/", "/machine/demo-linac/channels/Q1/", "/modules/", "/modules/demo/reasoner/",
    "/modules/demo/reasoner/?part=versions", "/modules/demo/reasoner/grants/", "/modules/demo/reasoner/tunables/",
    "/modules/demo/reasoner/tunables/value/?name=prompt",
    "/modules/demo/reasoner/tunables/value/?name=prompt&from=0&to=1",
    "/modules/demo/reasoner/versions/1.0.0/uninstall/", "/modules/demo/echo/", "/runs/", "/runs/{run}/", "/projects/",
    "/projects/night-shift/", "/assistant/", "/assistant/{conversation}/", "/assistant/{conversation}/?part=side",
    "/assistant/{conversation}/results/3/", "/assistant/shared/key/", "/assistant/memory/",
    "/assistant/memory/{memory}/",
    "/assistant/prompts/", "/assistant/prompts/assistant/?from=0&to=1", "/audit/",
)  # fmt: skip


def hidden(page: str) -> list[str]:
    """Where characters stand that nobody sees. What is edited stays as it is: it is shown before it is saved."""
    text = TEXTAREA.sub("", unescape(page))
    bad = [at for at, one in enumerate(text) if one not in "\n\t\r" and unicodedata.category(one) in {"Cc", "Cf"}]
    return [text[max(0, at - 90) : at + 20] for at in bad[:3]]


def deceive() -> None:
    """Every text of the world ends with what hides itself."""
    for model, names in TEXTS.items():
        for row in model._default_manager.all():
            changed = {}
            for name in names:
                longest = getattr(model._meta.get_field(name), "max_length", None) or 10_000
                changed[name] = f"{getattr(row, name)}"[: longest - len(HIDDEN)] + HIDDEN
            model._default_manager.filter(pk=row.pk).update(**changed)


@pytest.fixture
def numbers(linac: Machine, olga: User, ada: User, peter: User, tmp_path: Path) -> dict[str, int]:
    """Something of everything that is decided."""
    campaign = make_campaign(olga, state=Campaign.State.EXECUTING, message="it moves")
    add_write(execute(campaign, 12))
    waiting = make_campaign(olga)
    approval = ask_approval(waiting)
    known = fill()
    module, program = Module.objects.get(name="demo/reasoner"), actor(peter)
    _, install = installing.install(packaged(tmp_path, more=MORE), by=program)
    developer = actor(person("mia", "module developer"))
    granting = grants.change(module, ["llm:*", f"tool:{HIDDEN}"], by=developer)
    assert install is not None
    assert granting is not None
    moved = {"name": "Q1", "address": "LI01:QUAD:01:K1", "units": HIDDEN, "precision": 3, "now": 14.0, "then": 2.0,
             "limit_low": -30.0, "limit_high": 30.0, "max_step": 2.0}  # fmt: skip
    back = {"channels": [moved], "snapshot": {"taken_at": "2026-11-20T12:00:00Z"}}
    asked: dict[str, Any] = {"digest": "0" * 64, "expires_at": approval.expires_at, "requested_by": olga}
    unknown = Approval.objects.create(kind="gone", subject="x.y:1", title="t", content={"why": HIDDEN}, **asked)
    restore = Approval.objects.create(
        kind="restore", subject=f"optimizer.campaign:{campaign.pk}", title="t", content=back, **asked
    )
    Vote.objects.create(approval=approval, by=peter, verdict="request_changes", reason="narrower")
    conversation = talk(olga)
    rows: dict[str, Model] = {
        "campaign": campaign, "waiting": waiting, "conversation": conversation, "execution": approval,
        "install": install, "granting": granting, "unknown": unknown, "restore": restore,
    }  # fmt: skip
    return {name: row.pk for name, row in rows.items()} | known | {"memory": Memory.objects.get().pk}


def talk(user: User) -> Conversation:
    """A conversation with calls, results, remarks, a plan, and a memory."""
    made = Conversation.objects.create(owner=user, title="why", share_key="key")
    verdict = {"results": 1, "numbers": ["7"], "links": [f"/x{HIDDEN}"], "claims": [{"quote": HIDDEN, "why": HIDDEN}],
               "by_model": True, "trouble": ""}  # fmt: skip
    turn = Turn.objects.create(conversation=made, number=1, state="failed", message="broken", verdict=verdict)
    calls = [{"id": "a", "name": f"find{HIDDEN}", "arguments": {f"a{HIDDEN}": HIDDEN}, "text": ""}]
    result = [{"link": "/machine/demo-linac/", "title": f"a {HIDDEN}"}]
    proposed = {"created": False, "link": "/campaigns/new/"}
    rows: tuple[dict[str, Any], ...] = (
        {"role": "user", "text": "why?"},
        {"role": "assistant", "text": "I look.", "calls": calls},
        {"role": "tool", "call_id": "a", "tool": "find", "arguments": {"a": HIDDEN}, "result": result},
        {"role": "tool", "call_id": "b", "tool": "p", "arguments": {"sentence": f"s {HIDDEN}"}, "result": proposed},
        {"role": "assistant", "text": "[that](/machine/demo-linac/) and `this`"},
    )
    for number, row in enumerate(rows, 1):
        Message.objects.create(conversation=made, turn=turn, number=number, **row)
    plan = Plan.objects.create(conversation=made, goal="a smaller beam")
    PlanTask.objects.create(plan=plan, number=1, text="look")
    PlanNote.objects.create(plan=plan, text="Q3 hums", by="the model")
    Memory.objects.create(owner=user, text="Q3 hums", source="conversation:1")
    PromptVersion.objects.create(name="assistant", number=1, text="Be brief.", by="peter")
    return made


def test_no_page_holds_what_hides_itself(client: Client, numbers: dict[str, int], ada: User) -> None:
    Conversation.objects.update(owner=ada)
    Memory.objects.update(owner=ada)
    deceive()
    log_in(client, ada)
    wrong = {}
    for page in PAGES:
        answer = client.get(page.format(**numbers))
        found = hidden(answer.content.decode()) if answer.status_code == 200 else [f"status {answer.status_code}"]
        if found:
            wrong[page] = found
    assert wrong == {}


def test_a_proposal_is_filled_in_with_what_it_hides_written_out(client: Client, linac: Machine, olga: User) -> None:
    wish = ProposeCampaign(
        environment="screen-focus", sentence=f"make the beam smaller {HIDDEN}", objective="beam_size"
    )
    link = propose_campaign(wish, by=Actor(user=olga))["link"]
    page = log_in(client, olga).get(link).content.decode()
    assert hidden(page) == []
    assert "make the beam smaller \\u202e\\u200b\\x1b[8m" in unescape(page)
    odd = {"sentence": HIDDEN, "variable": HIDDEN, "low-Q1": HIDDEN, "generator": HIDDEN, "evaluations": HIDDEN}
    assert hidden(client.get(f"/campaigns/new/?{urlencode(odd)}").content.decode()) == []


def test_why_something_is_proposed_stands_beside_it_as_plain_words(client: Client, linac: Machine, olga: User) -> None:
    """It stays there when the form is refused, and whatever the link says it is bounded."""
    said = f"Q1 drifted. <b>Start</b> it {HIDDEN} now."
    wish = ProposeCampaign(environment="screen-focus", sentence="x", objective="beam_size", why=said)
    proposed = propose_campaign(wish, by=Actor(user=olga))
    assert proposed["why"] == said
    page = log_in(client, olga).get(proposed["link"]).content.decode()
    assert hidden(page) == []
    shown = "Q1 drifted. &lt;b&gt;Start&lt;/b&gt; it \\u202e\\u200b\\x1b[8m\\u2066\\xad now."
    assert f"<b>Proposed by the assistant:</b> {shown}" in page
    refused = client.post("/campaigns/new/", {"why": said, "sentence": "", "environment": "screen-focus"})
    assert refused.status_code == 422
    assert f"<b>Proposed by the assistant:</b> {shown}" in refused.content.decode()
    assert "x" * 1001 not in client.get(f"/campaigns/new/?{urlencode({'why': 'x' * 5000})}").content.decode()
    assert "Proposed by" not in client.get("/campaigns/new/").content.decode()
