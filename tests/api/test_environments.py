"""Environments over the API: read by everybody, switched by people who configure."""

import json
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controls.models import Machine
from optimizer.models import Environment, Stage
from optimizer.services import switching
from tests.api.test_api import Program
from tests.pages.modules_world import make_module
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.actors import Actor

PATH = "/api/v1/environments/screen-focus"
NAME = "xoptweb/decision"


def post(client: Client, path: str, content: Any) -> tuple[int, Any]:
    answer = client.post(PATH + path, json.dumps(content), "application/json")
    return answer.status_code, answer.json()


def test_a_physicist_switches_a_stage_and_the_policy(client: Client, linac: Machine, peter: User) -> None:
    make_module(NAME)
    log_in(client, peter)
    status, told = post(client, "/stages", {"stage": "decision", "module": NAME})
    assert (status, told["stages"]) == (200, {"decision": NAME})
    status, told = post(client, "/policy", {"after_module_failure": "stop"})
    assert (status, told["after_module_failure"]) == (200, "stop")
    status, told = post(client, "/stages", {"stage": "decision", "module": "lab/none"})
    assert (status, told["fields"]) == (422, {"module": "choose one that is installed"})
    assert post(client, "/stages", {"stage": "approval", "module": NAME})[0] == 422
    assert post(client, "/stages", {"stage": "decision"})[1]["stages"] == {}


def test_a_list_takes_as_many_queries_for_two_as_for_one(client: Client, linac: Machine, peter: User) -> None:
    log_in(client, peter)
    client.get("/api/v1/environments")
    with CaptureQueriesContext(connection) as one:
        client.get("/api/v1/environments")
    other = Environment.objects.create(machine=linac, slug="other", name="Other")
    switching.switch(other, Stage.DECISION, make_module(NAME).name, by=Actor(user=peter))
    with CaptureQueriesContext(connection) as two:
        told = client.get("/api/v1/environments").json()
    assert (told["total"], len(two)) == (2, len(one))


def test_a_token_reads_and_switches_nothing(linac: Machine, peter: User) -> None:
    program = Program(peter, ["read", "campaigns", "modules", "stop"])
    status, told = program.get("/environments")
    assert (status, told["items"][0]["environment"]) == (200, "screen-focus")
    assert program.get("/environments/screen-focus")[1]["stages"] == {}
    assert program.post("/environments/screen-focus/stages", {"stage": "state", "module": ""})[0] == 403
    assert program.get("/environments/none")[0] == 404
