"""What the tools of machines and campaigns say."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from agents.models import Conversation
from controls.models import Channel, Machine
from modules.models import Module, ModuleVersion, Run
from optimizer.models import Campaign, Document, Environment
from tests.pages.world import execute, log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving

pytestmark = pytest.mark.django_db

WANTED = "make the beam on the screen smaller"


def test_channels_are_found_by_words_with_their_limits(linac: Machine, olga: User) -> None:
    found = call("find_channels", {"words": "Q1", "writable": True}, Actor(user=olga))
    assert found["total"] == len(found["channels"]) == 1
    channel = Channel.objects.get(name="Q1")
    (entry,) = found["channels"]
    assert (entry["limits"], entry["max_step"]) == ([channel.low, channel.high], channel.max_step)
    assert entry["link"] == reverse("channel", args=[linac.slug, "Q1"])


def test_a_machine_that_is_not_there_is_answered_with_those_that_are(linac: Machine, olga: User) -> None:
    with pytest.raises(NotFound, match="there are: demo-linac"):
        call("channel_history", {"machine": "linac", "channel": "Q1"}, Actor(user=olga))


def test_the_best_evaluations_come_first_and_the_others_in_order(linac: Machine, olga: User) -> None:
    campaign = make_campaign(olga)
    execute(campaign, 12)
    best = call("best_evaluations", {"campaign": campaign.pk, "count": 2}, Actor(user=olga))
    assert best["evaluations"][0]["number"] == 7
    assert best["link"] == reverse("campaign", args=[campaign.pk])
    read = call("read_evaluations", {"campaign": campaign.pk, "offset": 3, "limit": 2}, Actor(user=olga))
    assert (read["total"], [each["number"] for each in read["evaluations"]]) == (12, [4, 5])


def test_evaluations_are_saved_as_a_table_and_looked_at(linac: Machine, olga: User) -> None:
    campaign = make_campaign(olga)
    execute(campaign, 12)
    by, here = Actor(user=olga), Conversation.objects.create(owner=olga)
    with serving(f"conversation:{here.pk}"):
        saved = call("save_evaluations", {"campaign": campaign.pk}, by)
        described = call("look_at_data", {"path": saved["path"], "view": "describe"}, by)
    assert described["rows"] == 12
    assert described["columns"]["objective"]["lowest"] == 61.25


def test_a_campaign_is_read_with_what_each_stage_thought(linac: Machine, olga: User) -> None:
    read = call("read_campaign", {"campaign": make_campaign(olga).pk}, Actor(user=olga))
    (iteration,) = read["iterations"]
    assert iteration["stages"][0]["reasoning"] == "because of state"
    assert set(iteration["configuration"]["variables"]) >= {"Q1"}


def test_documents_are_found_by_their_words_and_read_in_parts(environment: Environment, olga: User) -> None:
    Document.objects.all().delete()
    text = "The vacuum. " * 100 + "Quadrupole Q3 was swapped. " + "The end. " * 1000
    document = Document.objects.create(environment=environment, title="Magnets", text=text)
    Document.objects.create(environment=environment, title="Screens", text="nothing of the sort")
    (found,) = call("search_documents", {"words": "swapped quadrupole"}, Actor(user=olga))
    assert found["id"] == document.pk
    assert found["link"] == f"/environments/{environment.slug}/#document-{document.pk}"
    assert "Q3 was swapped" in found["passage"]
    first = call("read_document", {"document": document.pk, "characters": 4000}, Actor(user=olga))
    second = call("read_document", {"document": document.pk, "offset": first["next_offset"]}, Actor(user=olga))
    assert first["text"] + second["text"] == text
    assert second["next_offset"] is None


def test_a_proposal_lies_filled_in_on_the_page_and_nothing_is_created(
    environment: Environment, olga: User, client: Client
) -> None:
    given = {"environment": environment.slug, "sentence": WANTED, "variables": {"Q1": {"low": 8.5, "high": 9.5}},
             "evaluations": 12, "iterations": 3}  # fmt: skip
    proposed = call("propose_campaign", given, Actor(user=olga))
    assert (proposed["created"], Campaign.objects.count()) == (False, 0)
    assert urlsplit(proposed["link"]).path == reverse("campaign-new")
    page = log_in(client, olga).get(proposed["link"]).content.decode()
    assert WANTED in page
    assert 'value="Q1" id="vary-Q1" checked' in page
    assert 'value="Q2" id="vary-Q2" checked' not in page
    for name, value in {"low-Q1": "8.5", "high-Q1": "9.5", "evaluations": "12", "iterations_max": "3"}.items():
        assert f'name="{name}" value="{value}"' in page, name


def test_a_proposal_never_says_who_decides(environment: Environment, ada: User) -> None:
    given = {"environment": environment.slug, "sentence": WANTED}
    fields = parse_qs(urlsplit(call("propose_campaign", given, Actor(user=ada))["link"]).query)
    assert fields["ask_each_iteration"] == ["1"]
    assert "requester_may_decide" not in fields


def test_a_proposal_beyond_the_limits_is_refused_with_the_limit(environment: Environment, olga: User) -> None:
    given = {"environment": environment.slug, "sentence": WANTED, "variables": {"Q1": {"low": -1e6, "high": 9.5}}}
    with pytest.raises(Invalid) as refused:
        call("propose_campaign", given, Actor(user=olga))
    assert "below the channel's limit" in refused.value.fields["pinned.variables.Q1.low"]


def test_a_wish_that_is_not_understood_is_refused_with_what_can_be_wished(environment: Environment, olga: User) -> None:
    with pytest.raises(Invalid) as refused:
        call("propose_campaign", {"environment": environment.slug, "sentence": "more coffee"}, Actor(user=olga))
    assert "beam_size" in refused.value.fields["objective"]


def test_modules_and_runs_lead_to_their_pages(olga: User) -> None:
    module = Module.objects.create(name="demo/reasoner")
    version = ModuleVersion.objects.create(module=module, version="1.0.0", state="installed")
    Module.objects.filter(pk=module.pk).update(current=version)
    (found,) = call("find_modules", {"words": "reason"}, Actor(user=olga))
    assert found["link"] == reverse("module", args=module.name.split("/"))
    run = Run.objects.create(version=version, requester="olga")
    assert call("look_at_run", {"run": run.pk}, Actor(user=olga))["link"] == reverse("run", args=[run.pk])
