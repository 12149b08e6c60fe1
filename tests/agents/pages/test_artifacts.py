"""Artifacts: what may be kept, who sees it, what a browser gets of it, what is new to whom."""

import json
import os
from base64 import b64encode
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agents.artifacts import contents, kinds
from agents.models import Artifact, Conversation, Message, Turn
from agents.services import artifacts, conversations, removing
from controls.models import Machine
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.config import config
from xoptweb.errors import Invalid, NotAllowed, NotFound

pytestmark = pytest.mark.django_db

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
NOTEBOOK = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {},
    "cells": [
        {"cell_type": "markdown", "source": ["# Orbit <script>alert(1)</script>\n", "a **fit**"]},
        {
            "cell_type": "code",
            "execution_count": 3,
            "source": "print('<b>')",
            "outputs": [
                {"output_type": "stream", "name": "stdout", "text": ["\x1b[31m<b>\x1b[0m\n"]},
                {"output_type": "display_data", "data": {"image/png": b64encode(PNG).decode(), "text/plain": "x"}},
                {"output_type": "execute_result", "data": {"text/html": "<script>alert(2)</script>"}},
                {"output_type": "error", "traceback": ["\x1b[0;31mZeroDivisionError\x1b[0m: no"]},
            ],
        },
        "nonsense",
    ],
}


@pytest.fixture
def talk(olga: User) -> Conversation:
    return Conversation.objects.create(owner=olga, title="A talk")


@pytest.fixture
def olgas(client: Client, linac: Machine, olga: User) -> Client:
    return log_in(client, olga)


def keep(
    user: User, content: bytes = PNG, *, title: str = "Beam size", kind: str = "", name: str = "",
    conversation: Conversation | None = None,
) -> Artifact:  # fmt: skip
    """Kept in a conversation, or by run 12."""
    run = artifacts.Source("run:12", "tests/keeps")
    source = run if conversation is None else artifacts.of_conversation(conversation, "python")
    return artifacts.add(artifacts.Given(title, content, kind, name), source, by=Actor(user=user))


# -- keeping


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PNG, "x.txt", "image"), (b"\xff\xd8\xffrest", "", "image"), (b"GIF89a...", "", "image"),
        (b"RIFF....WEBPVP8 ", "", "image"), (SVG, "", "image"),
        (json.dumps(NOTEBOOK).encode(), "fit.ipynb", "notebook"),
        (b"<h1>x</h1>", "report.html", "html"), (b"a,b\n", "t.csv", "file"), (b"{}", "fit.ipynb", "file"),
        (b"\xff\xfe", "report.html", "file"),
    ],
)  # fmt: skip
def test_the_kind_of_a_file_is_what_its_content_is(content: bytes, name: str, kind: str) -> None:
    assert kinds.guessed(name, content) == kind


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"<html>", "image", "no PNG"),
        (b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg/>', "image", "no PNG"),
        (b"{}", "notebook", "format 4"),
        (b"\xff\xfe", "html", "UTF-8"),
        (b"  ", "command", "characters"),
        (b"x" * 20_001, "command", "characters"),
        (b"", "file", "1 byte"),
        (b"x", "program", "one of"),
    ],
)
def test_what_is_not_of_its_kind_is_not_kept(olga: User, content: bytes, kind: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        keep(olga, content, kind=kind)
    assert not Artifact.objects.exists()


def test_artifacts_have_limits_and_what_is_refused_leaves_nothing_on_the_disk(
    olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = PNG + os.urandom(8)
    with monkeypatch.context() as few:
        few.setattr("agents.services.artifacts.MOST_OF_A_SOURCE", 1)
        keep(olga)
        with pytest.raises(Invalid, match="has 1 artifacts already"):
            keep(olga, refused)
    for setting, reason in (("OWNER_MB", "no room"), ("MB", "1 byte to")):
        with monkeypatch.context() as small:
            small.setenv(f"XOPTWEB_ARTIFACT_{setting}", "0.00002")
            config.cache_clear()
            with pytest.raises(Invalid, match=reason):
                keep(olga, refused)
    config.cache_clear()
    assert not contents.path(contents.digest_of(refused)).exists()


def test_a_content_is_stored_once_and_swept_away_when_nobody_names_it(olga: User) -> None:
    first, second = keep(olga), keep(olga, title="Again")
    path = contents.path(first.digest)
    assert (first.digest, path.read_bytes()) == (second.digest, PNG)
    artifacts.remove(first, by=Actor(user=olga))
    os.utime(path, (0, 0))
    artifacts.sweep()
    assert path.exists()
    artifacts.remove(second, by=Actor(user=olga))
    artifacts.sweep()
    assert not path.exists()
    assert Entry.objects.filter(action="artifact.deleted").count() == 2


def test_a_content_that_was_changed_on_the_disk_is_not_shown(olga: User) -> None:
    row = keep(olga, b"other content")
    contents.path(row.digest).write_bytes(b"evil")
    with pytest.raises(NotFound, match="not on this host"):
        artifacts.content(row)
    contents.path(row.digest).unlink()
    with pytest.raises(NotFound, match="not on this host"):
        artifacts.content(row)


def test_old_artifacts_are_forgotten(olga: User) -> None:
    row = keep(olga)
    assert artifacts.forget_old() == 0
    Artifact.objects.update(created_at=timezone.now() - timedelta(days=config().artifact_days + 1))
    assert artifacts.forget_old() == 1
    assert not Artifact.objects.filter(pk=row.pk).exists()


# -- who sees what


def test_those_of_a_conversation_are_its_owners_until_it_is_shared(
    talk: Conversation, olga: User, peter: User, linac: Machine
) -> None:
    row = keep(olga, conversation=talk)
    peters = log_in(Client(), peter)
    assert peters.get(f"/artifacts/{row.pk}/").status_code == 404
    assert "Beam size" not in peters.get("/artifacts/").content.decode()
    key = conversations.share(talk, by=Actor(user=olga))
    for page in ("", "content/"):
        assert peters.get(f"/artifacts/{row.pk}/{page}?key={key}").status_code == 200
        assert peters.get(f"/artifacts/{row.pk}/{page}?key=wrong").status_code == 404
    other = keep(olga, conversation=Conversation.objects.create(owner=olga))
    assert peters.get(f"/artifacts/{other.pk}/?key={key}").status_code == 404
    conversations.unshare(talk, by=Actor(user=olga))
    assert peters.get(f"/artifacts/{row.pk}/?key={key}").status_code == 404


def test_they_stand_in_the_answer_also_for_who_has_the_link(
    olgas: Client, talk: Conversation, olga: User, peter: User
) -> None:
    row, elsewhere = keep(olga, conversation=talk), keep(olga, title="Elsewhere")
    turn = Turn.objects.create(conversation=talk, number=1, state=Turn.State.DONE)
    calls = [{"id": "m1-0", "name": "python", "arguments": {"code": "1"}, "text": ""}]
    Message.objects.create(conversation=talk, turn=turn, number=1, role="assistant", calls=calls)
    result = {"images": [{"artifact": row.pk}, {"artifact": elsewhere.pk}, {"artifact": 999_999}]}
    Message.objects.create(conversation=talk, turn=turn, number=2, role="tool", call_id="m1-0", result=result)
    page = olgas.get(f"/assistant/{talk.pk}/").content.decode()
    assert f'<img src="/artifacts/{row.pk}/content/"' in page
    assert "Elsewhere" not in page
    key = conversations.share(talk, by=Actor(user=olga))
    shared = log_in(Client(), peter).get(f"/assistant/shared/{key}/").content.decode()
    assert f'<img src="/artifacts/{row.pk}/content/?key={key}"' in shared


def test_they_go_with_their_conversation(talk: Conversation, olga: User) -> None:
    keep(olga, conversation=talk)
    row = Artifact.objects.get()
    conversations.remove(talk, by=Actor(user=olga))
    assert not artifacts.found(by=Actor(user=olga)).exists()
    with pytest.raises(NotFound):
        artifacts.find(row.pk, by=Actor(user=olga))
    removing.remove(talk.pk)
    assert not Artifact.objects.exists()


def test_nobody_adds_to_the_conversation_of_another(talk: Conversation, peter: User) -> None:
    with pytest.raises(NotAllowed):
        keep(peter, conversation=talk)


def test_only_its_owner_and_administrators_delete_one(olga: User, peter: User, ada: User) -> None:
    row, other = keep(olga), keep(olga)
    with pytest.raises(NotAllowed):
        artifacts.remove(row, by=Actor(user=peter))
    artifacts.remove(row, by=Actor(user=ada, via="web"))
    artifacts.remove(other, by=Actor(user=olga))


# -- what a browser gets


def test_an_image_is_shown_and_a_vector_image_is_never_a_document(olgas: Client, olga: User) -> None:
    png, svg = keep(olga), keep(olga, SVG)
    shown = olgas.get(f"/artifacts/{png.pk}/content/")
    assert (shown.content, shown["Content-Type"]) == (PNG, "image/png")
    assert shown["Content-Disposition"].startswith("inline")
    drawn = olgas.get(f"/artifacts/{svg.pk}/content/")
    assert drawn["Content-Type"] == "image/svg+xml"
    assert drawn["Content-Disposition"].startswith("attachment")
    for answer in (shown, drawn):
        assert answer["Content-Security-Policy"].endswith("sandbox")
        assert answer["X-Content-Type-Options"] == "nosniff"
    page = olgas.get(f"/artifacts/{svg.pk}/").content.decode()
    assert f'<img class="whole" src="/artifacts/{svg.pk}/content/"' in page
    assert "alert(1)" not in page


def test_everything_else_is_a_download(olgas: Client, olga: User) -> None:
    row = keep(olga, b"<script>alert(1)</script>", kind="html", name="../a b\r\n.html")
    answer = olgas.get(f"/artifacts/{row.pk}/content/")
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"] == 'attachment; filename="a-b-.html"'


def test_html_stands_in_a_frame_that_can_do_nothing_unless_asked_for(olgas: Client, olga: User) -> None:
    row = keep(olga, b"<h1>x</h1>", kind="html")
    page = olgas.get(f"/artifacts/{row.pk}/").content.decode()
    assert 'sandbox=""' in page
    assert "&lt;h1&gt;" not in page
    assert "<h1>x</h1>" not in page
    frame = olgas.get(f"/artifacts/{row.pk}/frame/")
    assert "script-src" not in frame["Content-Security-Policy"]
    assert frame["Content-Security-Policy"].endswith("sandbox")
    assert "default-src 'none'" in frame["Content-Security-Policy"]
    assert frame["X-Frame-Options"] == "SAMEORIGIN"
    asked = olgas.get(f"/artifacts/{row.pk}/frame/?scripts=1")
    assert asked["Content-Security-Policy"].endswith("sandbox allow-scripts")
    assert "connect-src" not in asked["Content-Security-Policy"]
    alone = olgas.get(f"/artifacts/{row.pk}/frame/?scripts=1", headers={"Sec-Fetch-Dest": "document"})
    assert alone["Content-Security-Policy"] == frame["Content-Security-Policy"]
    assert olgas.get(f"/artifacts/{keep(olga).pk}/frame/").status_code == 404


def test_a_notebook_is_read_and_nothing_of_it_runs(olgas: Client, olga: User) -> None:
    row = keep(olga, json.dumps(NOTEBOOK).encode(), kind="notebook")
    page = olgas.get(f"/artifacts/{row.pk}/").content.decode()
    assert "<strong>fit</strong>" in page
    assert "<script>alert" not in page
    assert "print(&#x27;&lt;b&gt;&#x27;)" in page
    assert f"data:image/png;base64,{b64encode(PNG).decode()}" in page
    assert "an output of kind text/html, which is not shown here" in page
    assert "ZeroDivisionError: no" in page


@pytest.mark.parametrize("cells", [[{}], [{"cell_type": "code", "outputs": [{"data": 3}, 4], "source": 7}], [None]])
def test_a_notebook_with_odd_cells_is_shown_all_the_same(olgas: Client, olga: User, cells: list[object]) -> None:
    row = keep(olga, json.dumps({"nbformat": 4, "cells": cells}).encode(), kind="notebook")
    assert olgas.get(f"/artifacts/{row.pk}/").status_code == 200


def test_a_command_is_shown_with_what_can_not_be_seen_written_out(olgas: Client, olga: User) -> None:
    row = keep(olga, "caput Q1 5 \u202e# safe".encode(), kind="command")
    page = olgas.get(f"/artifacts/{row.pk}/").content.decode()
    assert "caput Q1 5 \\u202e# safe" in page
    assert "nobody here runs it" in page
    assert "characters that can&#x27;t be seen" in page or "characters that can't be seen" in page


def test_a_file_that_is_text_is_shown_in_part(olgas: Client, olga: User) -> None:
    page = olgas.get(f"/artifacts/{keep(olga, b'q1,size' + b'x' * 9000, kind='file').pk}/").content.decode()
    assert "q1,size" in page
    page = olgas.get(f"/artifacts/{keep(olga, bytes(range(256)), kind='file').pk}/").content.decode()
    assert "download it" in page


# -- what is new


def test_what_was_not_looked_at_is_new_to_each_person(olgas: Client, olga: User, peter: User) -> None:
    first, second = keep(olga), keep(olga, title="Second")
    assert artifacts.count_new(olga) == artifacts.count_new(peter) == 2
    assert 'title="2 new"' in olgas.get("/").content.decode()
    olgas.get(f"/artifacts/{first.pk}/")
    assert set(artifacts.new_to(olga)) == {second}
    assert artifacts.count_new(peter) == 2
    listed = olgas.get("/artifacts/?new=1").content.decode()
    assert f"artifact-{second.pk}" in listed
    assert f"artifact-{first.pk}" not in listed
    assert olgas.post("/artifacts/seen/").status_code == 302
    assert artifacts.count_new(olga) == 0
    keep(olga, title="Third")
    assert artifacts.count_new(olga) == 1


def test_the_gallery_is_narrowed_by_kind_source_and_words(olgas: Client, olga: User, talk: Conversation) -> None:
    keep(olga, title="Beam size")
    keep(olga, b"caget Q1", kind="command", title="Read Q1", conversation=talk)

    def titles(query: str) -> list[bool]:
        page = olgas.get(f"/artifacts/{query}").content.decode()
        return ["<b>Beam size</b>" in page, "<b>Read Q1</b>" in page]

    assert titles("") == [True, True]
    assert titles("?kind=image") == [True, False]
    assert titles("?source=conversation") == [False, True]
    assert titles("?source=run:12") == [True, False]
    assert titles("?source=run:1") == [False, False]
    assert titles("?search=beam+SIZE") == [True, False]


def test_many_artifacts_cost_as_many_queries_as_one(olgas: Client, olga: User) -> None:
    keep(olga)
    with CaptureQueriesContext(connection) as one:
        olgas.get("/artifacts/")
    for number in range(20):
        keep(olga, title=f"Plot {number}")
    with CaptureQueriesContext(connection) as many:
        olgas.get("/artifacts/")
    assert len(many) == len(one)
