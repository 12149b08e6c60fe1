"""The API: who may do what, the form of problems, bad input, documentation."""

import json
import math
from typing import Any

import pytest
from django.test import Client

from controls.models import Machine
from optimizer.models import Campaign, Evaluation
from tests.pages.world import ask_approval, execute, log_in, make_campaign
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.accounts.tokens import issue
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval

EVERYTHING = ["read", "campaigns", "stop"]
NEW = {"environment": "screen-focus", "sentence": "make the beam on the screen smaller"}


class Program:
    """A program with a token."""

    def __init__(self, user: User, scopes: list[str]) -> None:
        _, self.secret = issue(user, "program", scopes, 1, Actor(user=user))
        self.client = Client(HTTP_AUTHORIZATION=f"Bearer {self.secret}")

    def get(self, path: str) -> tuple[int, Any]:
        response = self.client.get(f"/api/v1{path}")
        return response.status_code, response.json()

    def post(self, path: str, content: Any = None) -> tuple[int, Any]:
        body = content if isinstance(content, str | bytes) else json.dumps(content) if content is not None else ""
        response = self.client.post(f"/api/v1{path}", body, "application/json")
        return response.status_code, response.json()


@pytest.fixture
def program(linac: Machine, peter: User) -> Program:
    """With everything a token can have, of a person who may decide and arm."""
    return Program(peter, EVERYTHING)


@pytest.fixture
def campaign(linac: Machine, olga: User) -> Campaign:
    campaign = make_campaign(olga, state=Campaign.State.EXECUTING)
    execute(campaign, 9)
    return campaign


def paths(campaign: Campaign) -> dict[str, str]:
    approval = campaign.iterations.get().approval
    assert approval is not None
    return {"campaign": str(campaign.pk), "approval": str(approval.pk)}


READING = ["/machines", "/channels", "/channels/demo-linac/Q1", "/campaigns", "/campaigns/{campaign}",
           "/campaigns/{campaign}/evaluations", "/approvals", "/approvals/{approval}", "/audit"]  # fmt: skip
CHANGING = ["/campaigns/{campaign}/pause", "/campaigns/{campaign}/resume", "/campaigns/{campaign}/finish",
            "/campaigns/{campaign}/stop", "/campaigns"]  # fmt: skip
STOPPING = ["/stop", "/machines/demo-linac/stop"]


def test_without_a_token_or_a_login_there_is_nothing(client: Client, campaign: Campaign) -> None:
    for path in READING:
        response = client.get("/api/v1" + path.format(**paths(campaign)))
        assert (response.status_code, response.json()["code"]) == (401, "login_needed")
    for path in CHANGING + STOPPING:
        assert client.post("/api/v1" + path.format(**paths(campaign))).status_code == 401
    client.defaults["HTTP_AUTHORIZATION"] = "Bearer xw_wrong"
    assert client.get("/api/v1/campaigns").status_code == 401


def test_scopes_are_walls(peter: User, campaign: Campaign) -> None:
    reader, stopper = Program(peter, ["read"]), Program(peter, ["stop"])
    known = paths(campaign)
    for path in READING:
        assert reader.get(path.format(**known))[0] == 200
        assert stopper.get(path.format(**known))[0] == 403
    for path in CHANGING:
        content = NEW if path == "/campaigns" else None
        assert reader.post(path.format(**known), content)[0] == 403
    for path in STOPPING:
        assert reader.post(path)[0] == 403
        assert stopper.post(path)[0] == 200


def test_a_token_never_decides_however_much_its_owner_may(program: Program, olga: User) -> None:
    approval = ask_approval(make_campaign(olga))
    verdict = {"verdict": "approve", "digest": approval.digest}
    status, problem = program.post(f"/approvals/{approval.pk}/decide", verdict)
    assert (status, problem["code"]) == (403, "not_allowed")
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING


def test_a_person_decides_over_the_session_with_the_csrf_token(
    client: Client, linac: Machine, peter: User, olga: User
) -> None:
    approval = ask_approval(make_campaign(olga))
    browser = log_in(Client(enforce_csrf_checks=False), peter)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = browser.cookies
    content = json.dumps({"verdict": "reject", "reason": "no", "digest": approval.digest})
    path = f"/api/v1/approvals/{approval.pk}/decide"
    refused = strict.post(path, content, "application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    strict.get("/")
    token = strict.cookies["xoptweb_csrf"].value
    accepted = strict.post(path, content, "application/json", headers={"X-CSRFToken": token})
    assert accepted.status_code == 200
    assert accepted.json()["state"] == "rejected"
    assert accepted.json()["votes"][0]["by"] == "peter"


def test_a_campaign_is_made_as_by_the_page(program: Program) -> None:
    pinned = {"variables": {"Q1": {"low": -12, "high": 18}, "Q2": None}, "evaluations": 30}
    status, made = program.post("/campaigns", NEW | {"pinned": pinned, "end": "restore"})
    assert status == 201
    assert (made["objective"], made["direction"], made["state"]) == ("beam_size", "minimize", "running")
    campaign = Campaign.objects.get(pk=made["id"])
    assert campaign.pinned["variables"]["Q1"] == {"low": -12.0, "high": 18.0}
    assert program.get("/campaigns")[1]["items"][0]["id"] == campaign.pk


@pytest.mark.parametrize(
    ("content", "status", "code", "field"),
    [
        ("{nonsense", 400, "not_understood", ""),
        ({}, 422, "invalid", "environment"),
        ([], 422, "invalid", ""),
        ("null", 422, "invalid", ""),
        (NEW | {"surprise": 1}, 422, "invalid", "surprise"),
        (NEW | {"environment": "nonsense"}, 422, "invalid", "environment"),
        (NEW | {"sentence": "brew coffee"}, 422, "unclear", "objective"),
        (NEW | {"sentence": "smaller\x00 beam"}, 422, "nul", ""),
        (NEW | {"sentence": ""}, 422, "invalid", "sentence"),
        (NEW | {"iterations_max": "many"}, 422, "invalid", "iterations_max"),
        (NEW | {"iterations_max": 10**30}, 422, "invalid", "iterations_max"),
        (NEW | {"pinned": {"evaluations": 0}}, 422, "invalid", "pinned.evaluations"),
        (NEW | {"pinned": {"variables": {"Q1": {"low": 1}}}}, 422, "invalid", "pinned.variables.Q1"),
        (NEW | {"pinned": {"variables": {"Q1": {"low": -99, "high": 1}}}}, 422, "invalid", "pinned.variables.Q1.low"),
        (json.dumps(NEW | {"pinned": {"seconds": math.nan}}), 422, "invalid", "pinned.seconds"),
        (json.dumps(NEW | {"pinned": {"variables": {"Q1": {"low": -math.inf, "high": 1}}}}), 422, "invalid",
         "pinned.variables.Q1"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(program: Program, content: Any, status: int, code: str, field: str) -> None:
    answer, problem = program.post("/campaigns", content)
    assert (answer, problem["code"]) == (status, code)
    assert set(problem) == {"code", "detail", "fields"}
    assert problem["detail"]
    assert not field or any(name.startswith(field) for name in problem["fields"])
    assert Campaign.objects.count() == 0


def test_evaluations_come_at_full_precision_and_from_where_one_was(program: Program, campaign: Campaign) -> None:
    Evaluation.objects.filter(number=8).update(outputs={"beam_size": "nan"}, objective=0.1 + 0.2)
    status, answer = program.get(f"/campaigns/{campaign.pk}/evaluations?after=7")
    assert status == 200
    assert (answer["total"], [row["number"] for row in answer["items"]]) == (2, [8, 9])
    assert answer["items"][0]["objective"] == 0.1 + 0.2
    assert answer["items"][0]["outputs"] == {"beam_size": "nan"}
    status, answer = program.get(f"/campaigns/{campaign.pk}/evaluations?limit=3&offset=4")
    assert [row["number"] for row in answer["items"]] == [5, 6, 7]


def test_a_campaign_is_told_with_its_stages_and_configuration(program: Program, campaign: Campaign) -> None:
    _, answer = program.get(f"/campaigns/{campaign.pk}")
    iteration = answer["iterations"][0]
    assert [stage["stage"] for stage in iteration["stages"]] == ["state", "decision", "configuration"]
    assert iteration["configuration"]["variables"]["Q1"]["low"] == -20.0
    assert iteration["approval"] == campaign.iterations.get().approval_id
    assert answer["evaluations"] == 9


def test_steering_answers_with_what_it_led_to(program: Program, campaign: Campaign) -> None:
    assert program.post(f"/campaigns/{campaign.pk}/pause")[0] == 200
    status, problem = program.post(f"/campaigns/{campaign.pk}/pause")
    assert (status, problem["code"]) == (409, "wrong_state")
    assert program.post(f"/campaigns/{campaign.pk}/resume")[0] == 200


@pytest.mark.parametrize("path", ["/campaigns/999", "/approvals/999", "/channels/demo-linac/Q99", "/channels/x/Q1"])
def test_what_is_not_there_is_not_found(program: Program, path: str) -> None:
    status, problem = program.get(path)
    assert (status, problem["code"]) == (404, "not_found")


@pytest.mark.parametrize("query", ["limit=0", "limit=100000", "offset=-1", "limit=many"])
def test_wrong_cuts_are_refused_by_name(program: Program, query: str) -> None:
    status, problem = program.get(f"/campaigns?{query}")
    assert (status, problem["code"]) == (422, "invalid")
    assert list(problem["fields"]) == [query.partition("=")[0]]


def test_a_channel_that_nobody_answers_for_is_stale_and_reading_it_now_says_so(program: Program) -> None:
    status, channel = program.get("/channels/demo-linac/Q2")
    assert status == 200
    assert channel["present"]["stale"] is True
    assert (channel["low"], channel["high"], channel["units"]) == (-30.0, 30.0, "m⁻²")
    status, problem = program.get("/channels/demo-linac/Q2?fresh=true")
    assert (status, problem["code"]) == (503, "monitor_silent")


def test_stop_says_what_it_reached(program: Program, linac: Machine) -> None:
    status, answer = program.post("/stop", {"reason": "smoke"})
    assert status == 200
    assert answer["message"].startswith("STOP on Demo linac")
    assert program.post("/machines/nonsense/stop")[0] == 404
    linac.refresh_from_db()
    assert linac.stops == 1


def test_the_documentation_covers_every_operation_and_is_served_from_here(client: Client, vera: User) -> None:
    log_in(client, vera)
    page = client.get("/api/v1/docs").content.decode()
    assert "://" not in page.partition('id="swagger-settings"')[0].replace('xmlns="http://www.w3.org', "")
    described = client.get("/api/v1/openapi.json").json()
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert {"401", "403", "422"} <= set(operation["responses"])
            if method == "post":
                assert any(one["name"] == "Idempotency-Key" for one in operation["parameters"])
    assert "examples" in described["components"]["schemas"]["NewCampaignIn"]


def test_the_documentation_can_be_read_with_a_token(program: Program, client: Client) -> None:
    assert program.get("/openapi.json")[0] == 200
    client.defaults["HTTP_AUTHORIZATION"] = "Bearer xw_wrong"
    assert client.get("/api/v1/openapi.json").status_code == 401


def test_a_service_account_may_only_what_its_scopes_and_role_allow(linac: Machine, db: None) -> None:
    user = person("robot", "operator")
    User.objects.filter(pk=user.pk).update(is_service=True)
    user.refresh_from_db()
    by = Actor(user=person("ada", "administrator"))
    _, secret = issue(user, "robot", EVERYTHING, 1, by)
    client = Client(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.post("/api/v1/campaigns", json.dumps(NEW), "application/json").status_code == 201
    assert client.post("/login/", {"username": "robot", "password": "correct horse battery staple"}).status_code != 302
