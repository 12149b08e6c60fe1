"""The pages of environments: who has a say in their stages, and who may switch that."""

import pytest
from django.test import Client

from modules.models import Module
from optimizer.models import AfterModuleFailure, Document, Environment, StageModule
from optimizer.services.shipped import SHIPPED
from tests.pages.modules_world import make_module
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.audit.models import Entry
from xoptweb.work.models import Work

PAGE = "/environments/screen-focus/"
NAME = "xoptweb/state-identification"


@pytest.fixture
def shipped(environment: Environment) -> Module:
    return make_module(NAME)


def test_its_documents_are_read_where_answers_cite_them(client: Client, environment: Environment, olga: User) -> None:
    document = Document.objects.create(environment=environment, title="Magnets", text="Q3 was <swapped>.")
    shown = log_in(client, olga).get(PAGE).content.decode()
    assert f'id="document-{document.pk}"' in shown
    assert "Q3 was &lt;swapped&gt;." in shown


def test_a_physicist_switches_a_stage_and_back(
    client: Client, environment: Environment, shipped: Module, peter: User
) -> None:
    log_in(client, peter)
    answer = client.post(PAGE + "stages/", {"stage": "state", "module": NAME}, follow=True)
    assert "State identification: xoptweb/state-identification" in answer.content.decode()
    row = StageModule.objects.get(environment=environment)
    assert (row.stage, row.module, row.by) == ("state", NAME, "peter")
    entry = Entry.objects.get(action="environment.stages")
    assert (entry.before, entry.after) == ({"state": "rules"}, {"state": NAME})
    shown = client.get(PAGE).content.decode()
    assert "would fail" in shown
    assert "No model is configured." in shown
    assert "It lacks the grants" in shown
    client.post(PAGE + "stages/", {"stage": "state", "module": ""})
    assert not StageModule.objects.exists()


def test_what_is_not_installed_or_has_no_place_is_refused(
    client: Client, environment: Environment, shipped: Module, peter: User
) -> None:
    log_in(client, peter)
    make_module("skills/beam_area")
    assert "skills/beam_area" not in client.get(PAGE).content.decode()
    for stage, module, why in (
        ("state", "lab/none", "is not installed"),
        ("approval", NAME, "no place for a module"),
        ("state", "skills/beam_area", "is a skill"),
    ):
        answer = client.post(PAGE + "stages/", {"stage": stage, "module": module})
        assert answer.status_code == 422
        assert why in answer.content.decode()
    assert client.post(PAGE + "stages/", {"stage": "lunch", "module": NAME}).status_code == 404
    assert not StageModule.objects.exists()


def test_who_may_not_configure_sees_and_changes_nothing(
    client: Client, environment: Environment, shipped: Module, olga: User
) -> None:
    log_in(client, olga)
    shown = client.get(PAGE).content.decode()
    assert "Your role may not change this." in shown
    assert "<select" not in shown
    assert client.post(PAGE + "stages/", {"stage": "state", "module": NAME}).status_code == 403
    assert client.post(PAGE + "policy/", {"after_module_failure": "stop"}).status_code == 403
    assert client.post(PAGE + "install/").status_code == 403
    assert not StageModule.objects.exists()


def test_the_policy_is_that_of_new_campaigns(client: Client, environment: Environment, peter: User) -> None:
    log_in(client, peter)
    client.post(PAGE + "policy/", {"after_module_failure": "stop"})
    environment.refresh_from_db()
    assert environment.after_module_failure == AfterModuleFailure.STOP
    assert client.post(PAGE + "policy/", {"after_module_failure": "pray"}).status_code == 422
    assert "When the module of a stage fails" not in client.get("/campaigns/new/").content.decode()
    StageModule.objects.create(environment=environment, stage="state", module=NAME, by="peter")
    assert "as this environment says: end the campaign" in client.get("/campaigns/new/").content.decode()


def test_what_ships_is_installed_by_an_administrator_with_what_it_needs(
    client: Client, environment: Environment, ada: User
) -> None:
    log_in(client, ada)
    client.post(PAGE + "install/")
    assert Work.objects.filter(name="modules.install").count() == len(SHIPPED)
    grants = Module.objects.get(name=NAME).grants.values_list("kind", "target")
    assert {"llm:*", "tool:read_channels", "tool:read_document"} <= {f"{kind}:{target}" for kind, target in grants}
    assert not any(target == "propose_campaign" for _, target in grants)


def test_a_physicist_asks_once_and_others_decide(client: Client, environment: Environment, peter: User) -> None:
    log_in(client, peter)
    client.post(PAGE + "install/")
    client.post(PAGE + "install/")
    answer = client.post(PAGE + "install/", follow=True)
    assert "Nothing was left to do that you may do." in answer.content.decode()
    assert Approval.objects.filter(kind="module_install").count() == len(SHIPPED)
    assert not Work.objects.filter(name="modules.install").exists()
    assert "Install xoptweb/decision@1.0.0</a> waits" in client.get(PAGE).content.decode()
