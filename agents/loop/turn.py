"""One turn, from the database to the database: a process that dies in it is followed by another."""

import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from agents.gateway.asking import ask
from agents.gateway.profiles import chosen
from agents.gateway.request import Cancelled, Cause, Completion, Request
from agents.loop import calling, limits, prompt, store
from agents.loop.drafting import Draft
from agents.loop.history import INTERRUPTED
from agents.loop.offering import offered
from agents.loop.shortening import fitting
from agents.loop.verifying import verify
from agents.models import Message, Turn
from agents.services.prompts import Used
from xoptweb import correlation
from xoptweb.accounts import tokens
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import Conflict, Problem, Unavailable
from xoptweb.states import move
from xoptweb.tools import refusals
from xoptweb.transactions import transaction

State = Turn.State
OnText = Callable[[str], None]
REFUSED_REPEATS = 3  # refused repetitions after which a turn stops
WRONG_BLOCKS = 2  # answers with a wrong block after which its text counts as the answer
LOOK_EVERY_S = 0.2


def run(turn_id: int, *, on_text: OnText | None = None, on_event: Callable[[Message], None] | None = None) -> None:
    """Do a turn in this process, or go on with one whose process died. Nothing when it has ended."""
    turn = Turn.objects.select_related("conversation__owner").filter(pk=turn_id).first()
    if turn is None or not turn.open:
        return
    if turn.state == State.RUNNING:
        take_over(turn)
    used = prompt.in_force()
    try:
        store.begin(turn, used.version)
    except Conflict:
        return  # cancelled in this very moment, or another process was faster
    with correlation.following(turn.conversation.stream):
        _think(turn, lambda: Thinking(turn, used, on_text, on_event))


def take_over(turn: Turn) -> None:
    """The process that did it died. The call that it may have been at counts as interrupted, and is not made again."""
    with transaction("a turn is taken from a process that died"):
        move(turn, State.QUEUED, expected=[State.RUNNING], process="", draft="")
        begun = pending(list(turn.messages.order_by("number")))
        if begun:
            store.add(turn, Message.Role.TOOL, call_id=begun[0]["id"], tool=begun[0]["name"],
                      arguments=begun[0]["arguments"], result=INTERRUPTED, failed=True)  # fmt: skip


def pending(rows: list[Message]) -> list[dict[str, Any]]:
    """The calls of a turn that have no result."""
    answered = {row.call_id for row in rows if row.role == Message.Role.TOOL}
    return [call for row in rows for call in row.calls if call["id"] not in answered]


def _think(turn: Turn, begun: Callable[[], "Thinking"]) -> None:
    try:
        reached = begun().run()
    except store.Taken:
        return
    except Cancelled:
        store.finish(turn, State.CANCELLED, "cancelled", "It was cancelled.")
    except KeyboardInterrupt:  # in a terminal
        store.finish(turn, State.CANCELLED, "cancelled", "It was cancelled.")
        raise
    except Problem as problem:
        store.finish(turn, State.FAILED, problem.code, problem.message)
    else:
        if reached is None:
            store.finish(turn, State.DONE)
        else:
            store.finish(turn, State.LIMITED, reached.code, reached.text)


def served(turn: Turn) -> Actor:
    """The person whom a turn serves; with no more rights than the token has with which it was asked.

    Raises:
        NotAllowed: that token is not valid any more.
    """
    user = turn.conversation.owner
    via = turn.via if turn.via in {"web", "api", "cli"} else "system"
    token = None if turn.scopes is None else tokens.as_it_is_now(turn.api_token_id)
    return Actor(user=user, via=via, token=token, correlation=turn.conversation.stream)  # type: ignore[arg-type]


class Thinking:
    """The steps of one turn in one process."""

    def __init__(
        self, turn: Turn, used: Used, on_text: OnText | None, on_event: Callable[[Message], None] | None
    ) -> None:
        self.turn, self.used, self.on_text, self.on_event = turn, used, on_text, on_event
        self.conversation = turn.conversation
        self.by = served(turn)
        self.cause = Cause("conversation", self.conversation.stream, self.by.user)
        self.began: datetime = turn.started_at or timezone.now()
        self._looked, self._cancelled = 0.0, False
        self.wrong_blocks = 0
        self.tools = offered(self.by)  # each call asks for the permission anew
        self.rows = list(Message.objects.filter(conversation=self.conversation).order_by("number"))

    def run(self) -> limits.Reached | None:
        """Until there is an answer, or a limit.

        Raises:
            Cancelled: the person cancelled it.
            Problem: the model can't be asked.
        """
        require(self.by, "view_machine")
        try:
            return self._until_answered()
        except Cancelled:
            if (reached := self._out_of_time()) is None:
                raise
            return reached

    def _until_answered(self) -> limits.Reached | None:
        while True:
            self._check_cancelled()
            if (reached := limits.reached(self.turn, self.began) or self._repeats()) is not None:
                return reached
            if calls := pending(self._own()):
                self._call(calls)
            elif (answer := self._answer()) is not None:
                self._verify(answer)
                return limits.cut_off(answer)
            else:
                self._step()

    def _own(self) -> list[Message]:
        return [row for row in self.rows if row.turn_id == self.turn.pk]

    def _answer(self) -> Message | None:
        """The last message, when it is this turn's answer: words that call nothing."""
        last = self.rows[-1]
        own = last.turn_id == self.turn.pk and last.role == Message.Role.ASSISTANT
        return last if own and not last.calls else None

    def _step(self) -> None:
        profile, tools = chosen(self.conversation.profile), self.tools
        begin = prompt.system(self.used, self.conversation, timezone.now())
        told = fitting(begin, self.rows, profile, tools, self.cause, self._spent, self.cancelled)
        draft = Draft(self.turn, self.on_text)
        asked = Request(
            told, self.conversation.profile, max_tokens=profile.answer_tokens, tools=tools,
            prompt_version=self.used.version,
        )  # fmt: skip
        done = ask(
            asked, self.cause, on_text=draft.add, on_partial=self._partial, cancelled=self.cancelled, profile=profile
        )
        draft.show()
        if not done.text and not done.calls:
            self._spent(done)
            raise Unavailable(done.nothing(), code="nothing_said")
        self._take(store.said(self.turn, done))
        if done.faults:
            self._correct(done)

    def _partial(self, partial: Completion) -> None:
        """What was said until a call ended badly counts. Where the time was up, it is what there is."""
        if partial.text and self._out_of_time() is not None:
            self._take(store.said(self.turn, partial))
        else:
            self._spent(partial)

    def _correct(self, done: Completion) -> None:
        """Tell the model why a block called nothing; after a few answers that call nothing else, their text counts."""
        self.wrong_blocks += not done.calls
        if self.wrong_blocks > WRONG_BLOCKS and not done.calls:
            return
        what = "One more thing was not called" if done.calls else "Nothing was called"
        wrong = refusals.told(f"{what}: {'; '.join(done.faults)}.")
        none = {"id": "", "name": "", "arguments": None}
        self._take(store.result(self.turn, none, wrong, failed=True, seconds=0.0))

    def _call(self, calls: list[dict[str, Any]]) -> None:
        for place, call in enumerate(calls):
            self._check_cancelled()
            result, failed, seconds = calling.outcome(
                self.turn, call, self.by, place=place, before=self._own(), cancelled=self.cancelled
            )
            self._take(store.result(self.turn, call, result, failed=failed, seconds=seconds))

    def _repeats(self) -> limits.Reached | None:
        seen: Counter[str] = Counter()
        refused = 0
        for row in self._own():
            if row.role == Message.Role.TOOL and row.tool:
                seen[calling.key(row.tool, row.arguments)] += 1
                refused += seen[calling.key(row.tool, row.arguments)] > calling.SAME
        if refused < REFUSED_REPEATS:
            return None
        return limits.Reached("repeats", "It stopped, as it kept making the same calls.")

    def _verify(self, answer: Message) -> None:
        before = [row for row in self.rows if row.number < answer.number]
        found = verify(answer.text, before, self.conversation.profile, self.cause, self._spent, self.cancelled)
        self._check_cancelled()
        with transaction("a verdict belongs to its turn"):
            store.mine(self.turn, verdict=found)
            store.tell(self.turn)
        self.turn.verdict = found

    def _take(self, row: Message) -> None:
        self.rows.append(row)
        if self.on_event is not None:
            self.on_event(row)

    def _spent(self, done: Completion) -> None:
        with transaction("what was spent is counted"):
            store.spend(self.turn, done)

    def cancelled(self) -> bool:
        """Whether what is under way has to end: the time is up, or the person wants it no more."""
        return limits.late(self.began) is not None or self._unwanted()

    def _out_of_time(self) -> limits.Reached | None:
        """The limit of time where that, and not the person, ended what was under way."""
        self._looked = 0.0
        return None if self._unwanted() else limits.late(self.began)

    def _unwanted(self) -> bool:
        """Whether the person wants it no more; the database is asked a few times a second."""
        now = time.monotonic()
        if not self._cancelled and now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            wanted = Turn.objects.filter(pk=self.turn.pk, state=State.RUNNING, cancel_requested=False)
            self._cancelled = not wanted.exists()
        return self._cancelled

    def _check_cancelled(self) -> None:
        """Between two things, the database is asked each time. So who revokes a token ends what was asked with it."""
        if self.by.token is not None:
            tokens.as_it_is_now(self.by.token.pk)
        self._looked = 0.0
        if self._unwanted():
            raise Cancelled("It was cancelled.")
