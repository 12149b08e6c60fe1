"""Deleting a conversation: nobody sees it any more at once, and its rows go a few at a time, whoever dies meanwhile."""

from collections.abc import Callable
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.test import Client
from django.utils import timezone

from agents import following
from agents.models import Conversation, Message, ModelCall, PlanNote, Turn, WorkspaceFile
from agents.services import conversations, plans, removing
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, NotFound
from xoptweb.live.models import Event, Stream
from xoptweb.work import registry
from xoptweb.work.models import Work

MANY = 3 * removing.MESSAGES + 1
SILENT = {"prompt__isnull": True, "response__isnull": True}


class Died(BaseException):
    """The process of a worker is gone."""


def filled(olga: User) -> Conversation:
    """A conversation with more of everything than goes at once."""
    by = Actor(user=olga, via="web")
    made = conversations.begin(by=by)
    turn = Turn.objects.create(conversation=made, number=1, state=Turn.State.DONE)
    Message.objects.bulk_create(
        Message(conversation=made, turn=turn, number=number, role="user", text="a secret") for number in range(MANY)
    )
    ModelCall.objects.bulk_create(
        ModelCall(
            profile="lab", subject=made.stream, prompt=["a secret"], response="told", cost=1.0, slot=number,
            state=ModelCall.State.ANSWERED, expires_at=timezone.now(),
        )
        for number in range(removing.CALLS + 1)
    )  # fmt: skip
    WorkspaceFile.objects.bulk_create(
        WorkspaceFile(conversation=made, path=f"{number}.txt", content=b"secret", size=6, by="olga")
        for number in range(removing.FILES + 1)
    )
    plans.write(made, "Find out", ["look", "think"], by=by)
    plans.note(made, "a secret", by=by)
    return made


def remove_as_due() -> None:
    """As a worker does it."""
    for row in Work.objects.filter(name=removing.TASK, state=Work.State.DUE):
        registry.find(row.name).function(**row.arguments)


def test_it_is_seen_by_nobody_before_its_rows_are_gone(db: None, olga: User, client: Client) -> None:
    by, made = Actor(user=olga, via="web"), filled(olga)
    key = conversations.share(made, by=by)
    assert following.may_follow(olga, made.stream)
    conversations.remove(made, by=by)
    assert Message.objects.filter(conversation=made).count() == MANY
    acts: list[Callable[[], object]] = [
        lambda: conversations.find(made.pk, by=by),
        lambda: conversations.shared(key, by=by),
        lambda: conversations.ask(made, "still there?", by=by),
        lambda: conversations.remove(made, by=by),
    ]
    for act in acts:
        with pytest.raises(NotFound):
            act()
    assert not following.may_follow(olga, made.stream)
    page = log_in(client, olga).get("/assistant/")
    assert f"/assistant/{made.pk}/" not in page.content.decode()
    assert Entry.objects.filter(action="conversation.deleted").count() == 1


def test_nothing_of_it_is_left_but_what_its_calls_cost(transactional_db: None, olga: User) -> None:
    made, other = filled(olga), filled(olga)
    conversations.remove(made, by=Actor(user=olga, via="web"))
    remove_as_due()
    assert set(Conversation.everything.all()) == {other}
    assert not Event.objects.filter(stream=made.stream).exists()
    assert not Stream.objects.filter(name=made.stream).exists()
    assert (Message.objects.count(), Turn.objects.count(), PlanNote.objects.count()) == (MANY, 1, 1)
    calls = ModelCall.objects.filter(subject=made.stream)
    assert calls.filter(**SILENT, cost=1.0).count() == calls.count() == removing.CALLS + 1
    assert not ModelCall.objects.filter(subject=other.stream, prompt__isnull=True).exists()


def test_it_goes_in_small_batches(transactional_db: None, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    made = filled(olga)
    messages, files, calls = [MANY], [removing.FILES + 1], [0]

    def between(_: float) -> None:
        messages.append(Message.objects.count())
        files.append(WorkspaceFile.objects.count())
        calls.append(ModelCall.objects.filter(**SILENT).count())

    monkeypatch.setattr(removing, "time", SimpleNamespace(sleep=between))
    conversations.remove(made, by=Actor(user=olga, via="web"))
    remove_as_due()
    assert [before - after for before, after in pairwise(messages) if before != after] == [
        removing.MESSAGES, removing.MESSAGES, removing.MESSAGES, 1,
    ]  # fmt: skip
    assert sorted(set(files), reverse=True) == [removing.FILES + 1, 1, 0]
    assert sorted(set(calls)) == [0, removing.CALLS, removing.CALLS + 1]


def test_what_a_worker_left_that_died_is_gone_on_with(
    transactional_db: None, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = filled(olga)
    conversations.remove(made, by=Actor(user=olga, via="web"))

    def dies(_: float) -> None:
        if Message.objects.count() < MANY:
            raise Died

    with monkeypatch.context() as patch:
        patch.setattr(removing, "time", SimpleNamespace(sleep=dies))
        with pytest.raises(Died):
            remove_as_due()
    assert Message.objects.count() == MANY - removing.MESSAGES
    Work.objects.all().delete()  # it was given up
    assert removing.find_marked() == 0  # it has only just been deleted
    Conversation.everything.update(deleted_at=timezone.now() - 2 * removing.PATIENCE)
    assert (removing.find_marked(), removing.find_marked(), Work.objects.count()) == (1, 1, 1)
    remove_as_due()
    assert not Conversation.everything.exists()
    assert not Message.objects.exists()
    assert removing.find_marked() == 0


def test_one_that_thinks_is_not_deleted(db: None, olga: User) -> None:
    by, made = Actor(user=olga, via="web"), filled(olga)
    conversations.ask(made, "why?", by=by)
    with pytest.raises(Conflict, match="still thinking"):
        conversations.remove(made, by=by)
    assert not Work.objects.filter(name=removing.TASK).exists()
