"""Lists of the admin, read by people: rows have names, and nothing is shown as the code calls it."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib import admin
from django.db import models
from django.test import Client
from django.utils import timezone

from agents.models import PromptVersion
from agents.prompts.shipped import PROMPTS
from controls.models import Heartbeat, Machine, Restore, RestoreItem
from modules.models import Module, ModuleVersion, Tunable
from modules.services import declaring, tunables
from tests.pages.world import add_write, ask_approval, execute, give_a_say, log_in, make_campaign
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.services import decide
from xoptweb.work.models import Work

PROCESS = "control-1:4711:889233"


@pytest.fixture
def world(linac: Machine, olga: User, peter: User, ada: User) -> Machine:
    """Something in each list that only some code fills."""
    asked = ask_approval(make_campaign(olga))
    confirmed = Actor(user=peter, via="web", confirmed_at=timezone.now())
    decide(asked.pk, "reject", "not today", by=confirmed, digest=asked.digest)
    campaign = make_campaign(olga)
    give_a_say(campaign)
    execution = execute(campaign, 3)
    add_write(execution)
    lease = execution.lease
    assert lease is not None
    type(lease).objects.filter(pk=lease.pk).update(process=PROCESS)
    restore = Restore.objects.create(lease=lease, snapshot=lease.snapshot, by="watchdog", reason="its writer died")
    RestoreItem.objects.create(restore=restore, channel=linac.channels.all()[0], target=1.0)
    Heartbeat.objects.create(machine=linac, role="watchdog", at=timezone.now(), process=PROCESS)
    Work.objects.create(name="optimizer.stage", claimed_by=PROCESS)
    PromptVersion.objects.create(name="check", number=1, text="…", by="ada")
    tokens.issue(olga, "night shift", ["campaigns", "read"], 1, Actor(user=olga))
    module = Module.objects.create(name="tests/tuned")
    given = {"tunables": {"prompt": "x" * 500, "options": {"a": True}}}
    declaring.declare(ModuleVersion.objects.create(module=module, version="1", manifest=given))
    tunables.set_value(Tunable.objects.get(name="options"), {"a": None}, by=Actor(user=ada))
    return linac


def cells(client: Client, model: str, field: str) -> list[str]:
    """What stands in one column of a model's list."""
    page = client.get(f"/admin/{model}/").content.decode()
    found = re.findall(rf'<t[dh][^>]*class="[^"]*\bfield-{field}\b[^"]*"[^>]*>(.*?)</t[dh]>', page, re.DOTALL)
    return [" ".join(unescape(re.sub("<[^>]*>", " ", each)).split()) for each in found]


def pages(of: Any) -> list[str]:
    """The list of a model, and the page of one of its rows."""
    base = f"/admin/{of._meta.app_label}/{of._meta.model_name}/"
    row = of._default_manager.first()
    return [base] + ([f"{base}{row.pk}/change/"] if row is not None else [])


def test_every_row_that_is_shown_has_a_name(world: Machine, ada: User, client: Client) -> None:
    log_in(client, ada)
    shown = 0
    for model in admin.site._registry:
        for page in pages(model):
            answer = client.get(page)
            assert answer.status_code == 200, page
            assert not re.search(r"\w+ object \(", answer.content.decode()), page
            shown += 1
    assert shown > 40


def test_rows_of_every_list_and_what_is_shown_with_them_are_named_by_their_models() -> None:
    with_inlines = [(model, page) for model, page in admin.site._registry.items()]
    named = [model for model, _ in with_inlines] + [inline.model for _, page in with_inlines for inline in page.inlines]
    assert [model.__name__ for model in named if model.__str__ is models.Model.__str__] == []


@pytest.mark.parametrize(
    ("model", "field", "said"),
    [
        ("approvals/approval", "kind_title", "Execution"),
        ("accounts/apitoken", "reach", "campaigns, read"),
        ("agents/promptversion", "title", PROMPTS["check"].title),
        ("controls/lease", "writer", "control-1, process 4711"),
        ("controls/heartbeat", "sender", "control-1, process 4711"),
        ("work/work", "worker", "control-1, process 4711"),
        ("modules/tunablevalue", "shown", '{ "a": null }'),
    ],
)
def test_a_column_says_what_people_call_it(
    world: Machine, ada: User, client: Client, model: str, field: str, said: str
) -> None:
    assert said in cells(log_in(client, ada), model, field)


def test_a_long_value_is_shown_by_its_beginning(world: Machine, ada: User, client: Client) -> None:
    assert sorted(map(len, cells(log_in(client, ada), "modules/tunable", "brought"))) == [13, 81]


def test_a_lease_says_what_holds_it(world: Machine, ada: User, client: Client) -> None:
    (said,) = cells(log_in(client, ada), "controls/lease", "held_by")
    assert re.fullmatch(r"execution \d+", said)


@pytest.mark.parametrize(
    ("model", "title", "wanted", "others"),
    [
        ("approvals/approval", "Execution", "kind=execution", "kind=restore"),
        ("agents/promptversion", PROMPTS["check"].title, "name=check", "name=summary"),
    ],
)
def test_lists_are_narrowed_by_what_their_columns_say(
    world: Machine, ada: User, client: Client, model: str, title: str, wanted: str, others: str
) -> None:
    page = log_in(client, ada).get(f"/admin/{model}/")
    assert title in page.content.decode()
    listed = [client.get(f"/admin/{model}/?{query}").context["cl"].result_count for query in (wanted, others)]
    assert listed[0] > 0
    assert listed[1] == 0
