"""Artifacts over the API: those that one may see, and their contents as downloads."""

from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.artifacts import contents
from agents.models import Artifact, Conversation
from agents.services import artifacts, conversations
from controls.models import Machine
from tests.agents.pages.test_artifacts import PNG, SVG, keep
from tests.api.test_api import Program
from xoptweb.accounts.models import User
from xoptweb.actors import Actor

pytestmark = pytest.mark.django_db


@pytest.fixture
def program(linac: Machine, olga: User) -> Program:
    return Program(olga, ["read"])


@pytest.fixture
def talk(olga: User) -> Conversation:
    return Conversation.objects.create(owner=olga)


def titles(program: Program, asked: str = "") -> list[str]:
    status, found = program.get(f"/artifacts{asked}")
    assert status == 200, found
    assert found["total"] >= len(found["items"])
    return [row["title"] for row in found["items"]]


def test_they_are_listed_newest_first_and_narrowed(program: Program, olga: User, talk: Conversation) -> None:
    keep(olga, title="Beam size")
    keep(olga, b"caget Q1", title="Look at Q1", kind="command", conversation=talk)
    assert titles(program) == ["Look at Q1", "Beam size"]
    assert titles(program, "?kind=command") == titles(program, f"?source={talk.stream}") == ["Look at Q1"]
    assert titles(program, "?source=conversation") == ["Look at Q1"]
    assert titles(program, "?search=beam") == titles(program, "?limit=1&offset=1") == ["Beam size"]
    artifacts.see_all(by=Actor(user=olga))
    assert titles(program, "?new=true") == []


def test_one_tells_what_it_is_and_reading_it_leaves_it_new(program: Program, olga: User, talk: Conversation) -> None:
    row = keep(olga, conversation=talk)
    status, found = program.get(f"/artifacts/{row.pk}")
    assert status == 200
    assert (found["kind"], found["media_type"], found["size"]) == ("image", "image/png", len(PNG))
    assert (found["owner"], found["source"], found["digest"]) == ("olga", talk.stream, contents.digest_of(PNG))
    assert program.client.get(found["path"]).content == PNG
    assert titles(program, "?new=true") == [row.title]


@pytest.mark.parametrize(
    ("content", "kind", "media_type"),
    [(PNG, "", "image/png"), (SVG, "", "image/svg+xml"), (b"<p>x</p>", "html", "application/octet-stream")],
)
def test_a_content_is_always_a_download_that_a_browser_runs_nothing_of(
    program: Program, olga: User, content: bytes, kind: str, media_type: str
) -> None:
    row = keep(olga, content, kind=kind)
    answer = program.client.get(f"/api/v1/artifacts/{row.pk}/content")
    assert (answer.status_code, answer.content, answer["Content-Type"]) == (200, content, media_type)
    assert answer["Content-Disposition"] == f'attachment; filename="{row.name}"'
    assert answer["Content-Security-Policy"].endswith("sandbox")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_those_of_others_conversations_are_not_there(program: Program, peter: User, talk: Conversation) -> None:
    theirs = Conversation.objects.create(owner=peter)
    row, everybodys = keep(peter, conversation=theirs), keep(peter, title="A run's")
    assert titles(program) == ["A run's"]
    assert program.get(f"/artifacts/{everybodys.pk}")[0] == 200
    key = conversations.share(theirs, by=Actor(user=peter))
    for path in (f"/artifacts/{row.pk}", f"/artifacts/{row.pk}/content", f"/artifacts/{row.pk}/content?key={key}"):
        status, problem = program.get(path)
        assert (status, problem["code"]) == (404, "not_found")


def test_what_is_not_on_the_disk_any_more_is_told(program: Program, olga: User) -> None:
    row = keep(olga, b"soon gone")
    contents.path(row.digest).unlink()
    status, problem = program.get(f"/artifacts/{row.pk}/content")
    assert (status, problem["code"]) == (404, "no_content")
    assert program.get(f"/artifacts/{row.pk}")[0] == 200


def test_reading_takes_a_scope_that_may_see(client: Client, program: Program, olga: User) -> None:
    row = keep(olga)
    stopper, coder = Program(olga, ["stop"]), Program(olga, ["code"])
    for path in ("/artifacts", f"/artifacts/{row.pk}", f"/artifacts/{row.pk}/content"):
        assert client.get(f"/api/v1{path}").status_code == 401
        assert (stopper.get(path)[0], coder.get(path)[0]) == (403, 403)
        assert Program(olga, ["assistant"]).client.get(f"/api/v1{path}").status_code == 200


def test_wrong_values_are_named(program: Program) -> None:
    for asked, status in (
        ("?kind=film", 422),
        ("?limit=0", 422),
        ("?new=perhaps", 422),
        (f"?search={'x' * 201}", 422),
        (f"?source={quote(chr(0))}run", 422),
        ("/none", 422),
        ("/0", 404),
        (f"/{10**30}", 404),
        (f"/{10**30}/content", 404),
    ):
        assert program.get(f"/artifacts{asked}")[0] == status, asked


def test_a_list_takes_as_many_queries_however_long_it_is(program: Program, olga: User) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            titles(program)
        return len(seen)

    keep(olga)
    titles(program)
    few = queries()
    for number in range(5):
        keep(olga, title=f"Another {number}")
    assert queries() == few
    assert Artifact.objects.count() == 6
