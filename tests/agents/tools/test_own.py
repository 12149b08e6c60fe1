"""Files, tables and plans of a conversation."""

from collections.abc import Iterator

import pytest

from agents.models import Conversation
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving

pytestmark = pytest.mark.django_db

TABLE = "q1,size,who\n1.5,300,olga\n2.5,100,peter\n3.5,,olga\n"


@pytest.fixture
def by(olga: User) -> Iterator[Actor]:
    conversation = Conversation.objects.create(owner=olga)
    with serving(f"conversation:{conversation.pk}"):
        yield Actor(user=olga)


def test_a_file_is_written_listed_and_read_in_parts(by: Actor) -> None:
    call("write_file", {"path": "notes/one.txt", "text": "abcdef"}, by)
    assert call("list_files", {}, by) == [{"path": "notes/one.txt", "bytes": 6, "by": "olga"}]
    read = call("read_file", {"path": "notes/one.txt", "offset": 2, "characters": 3}, by)
    assert (read["text"], read["next_offset"]) == ("cde", 5)


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../b", ".hidden", "a//b", "a b", "", "ä.txt"])
def test_a_path_that_leads_elsewhere_is_refused(by: Actor, path: str) -> None:
    with pytest.raises(Invalid):
        call("write_file", {"path": path, "text": "x"}, by)


def test_files_are_those_of_the_conversation_that_is_served(by: Actor, olga: User, peter: User) -> None:
    call("write_file", {"path": "a.txt", "text": "x"}, by)
    other = Conversation.objects.create(owner=olga)
    with serving(f"conversation:{other.pk}"), pytest.raises(NotFound):
        call("read_file", {"path": "a.txt"}, by)
    with pytest.raises(NotAllowed):
        call("list_files", {}, Actor(user=peter))
    with serving("run:1"), pytest.raises(NotAllowed):
        call("list_files", {}, by)


def test_a_module_finds_nothing_that_is_its_persons_alone_as_everybody_reads_its_trace(by: Actor) -> None:
    call("remember", {"text": "Q3 hums in May"}, by)
    call("keep_artifact", {"title": "Orbit of May", "text": "x"}, by)
    assert [row["text"] for row in call("recall", {"words": "May"}, by)] == ["Q3 hums in May"]
    assert [row["title"] for row in call("find_artifacts", {"words": "May"}, by)] == ["Orbit of May"]
    with serving("run:1"):
        assert call("recall", {"words": "May"}, by) == []
        assert call("find_artifacts", {"words": "May"}, by) == []


def test_a_conversation_has_room_for_so_much(by: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agents.services.workspaces.LARGEST_SUM", 10)
    call("write_file", {"path": "a.txt", "text": "123456"}, by)
    call("write_file", {"path": "a.txt", "text": "1234567890"}, by)
    with pytest.raises(Invalid, match="not written"):
        call("write_file", {"path": "b.txt", "text": "1"}, by)


def test_a_table_is_looked_at_without_reading_all_of_it(by: Actor) -> None:
    call("write_file", {"path": "t.csv", "text": TABLE}, by)
    assert call("look_at_data", {"path": "t.csv", "view": "shape"}, by) == {"rows": 3, "columns": 3}
    columns = call("look_at_data", {"path": "t.csv", "view": "columns"}, by)["columns"]
    assert [each["kind"] for each in columns] == ["number", "number", "text"]
    described = call("look_at_data", {"path": "t.csv", "view": "describe"}, by)["columns"]
    assert (described["size"]["filled"], described["size"]["mean"]) == (2, 200.0)
    assert described["who"]["values"] == ["olga", "peter"]
    shown = call("look_at_data", {"path": "t.csv", "offset": 1, "rows": 1, "columns": ["who"]}, by)
    assert shown == {"total": 3, "rows": [{"who": "peter"}]}


@pytest.mark.parametrize("text", ["", '"open', '"a"b,c\n'])
def test_what_is_no_table_is_refused(by: Actor, text: str) -> None:
    call("write_file", {"path": "t.csv", "text": text}, by)
    with pytest.raises(Invalid) as refused:
        call("look_at_data", {"path": "t.csv"}, by)
    assert "path" in refused.value.fields


def test_a_column_that_is_not_there_is_answered_with_those_that_are(by: Actor) -> None:
    call("write_file", {"path": "t.csv", "text": TABLE}, by)
    with pytest.raises(Invalid) as refused:
        call("look_at_data", {"path": "t.csv", "columns": ["q9"]}, by)
    assert "q1, size, who" in refused.value.fields["columns"]


def test_a_plan_is_made_followed_and_reviewed(by: Actor) -> None:
    assert call("read_plan", {}, by) == {"plan": None}
    call("write_plan", {"goal": "a smaller beam", "tasks": ["read the logbook", "propose"]}, by)
    assert call("set_task", {"task": 1, "state": "done"}, by)["state"] == "executing"
    call("note", {"text": "Q3 was swapped"}, by)
    plan = call("set_task", {"task": 2, "state": "dropped"}, by)
    assert plan["state"] == "reviewing"
    assert [task["state"] for task in plan["tasks"]] == ["done", "dropped"]
    assert plan["notes"][0]["text"] == "Q3 was swapped"
    with pytest.raises(NotFound):
        call("set_task", {"task": 3, "state": "done"}, by)
