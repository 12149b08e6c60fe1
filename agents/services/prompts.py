"""The assistant's prompts: which text is in force, setting it, taking it back, rolling back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError
from django.db.models import QuerySet

from agents.models import PromptVersion
from agents.prompts.shipped import PROMPTS, Prompt
from agents.prompts.wording import fault, fill
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid, NotFound
from xoptweb.plain import storable
from xoptweb.transactions import transaction

PERMISSION = "edit_tunables"
LONGEST_REASON = 300


@dataclass(frozen=True)
class Used:
    """A text in force. Number 0: as shipped, and never changed here."""

    name: str
    number: int
    text: str

    def filled(self, **values: str) -> str:
        return fill(self.text, values)

    @property
    def version(self) -> str:
        """By which the record of a call names it, such as `assistant 3`."""
        return f"{self.name} {self.number}"


def find(name: str) -> Prompt:
    """Raises NotFound."""
    if name not in PROMPTS:
        raise NotFound(f"The assistant has no prompt “{name[:40]}”.", code="no_such_prompt")
    return PROMPTS[name]


def history(prompt: Prompt) -> "QuerySet[PromptVersion]":
    """The newest first."""
    return PromptVersion.objects.filter(name=prompt.name).order_by("-number")


def in_force(prompt: Prompt) -> Used:
    """One query."""
    last = history(prompt).first()
    return Used(prompt.name, last.number if last else 0, _text(prompt, last))


def text_of(prompt: Prompt, number: int) -> str:
    """The text with that number; 0 is what is shipped. Raises NotFound."""
    return _text(prompt, _row(prompt, number))


def set_text(prompt: Prompt, text: str, *, by: Actor, reason: str = "", seen: int | None = None) -> PromptVersion:
    """Let the next turn use `text`. `seen` is the number that was in force when it was edited.

    Raises:
        NotAllowed: `by` may not edit tunables.
        Invalid: it can't be this prompt, or the reason is too long.
        Conflict: somebody else changed it since `seen`.
    """
    require(by, PERMISSION)
    return _append(prompt, by, reason, seen, text=_checked(prompt, text))


def clear(prompt: Prompt, *, by: Actor, reason: str = "", seen: int | None = None) -> PromptVersion:
    """What is shipped holds again, also when a later version ships another text. Raises as `set_text`."""
    require(by, PERMISSION)
    return _append(prompt, by, reason, seen, cleared=True)


def rollback(prompt: Prompt, number: int, *, by: Actor, reason: str = "", seen: int | None = None) -> PromptVersion:
    """Make a version the newest again; nothing of the history is lost.

    Raises:
        NotFound: there is no such version.
        and as `set_text`.
    """
    require(by, PERMISSION)
    row = _row(prompt, number)
    if row is None or row.cleared:
        return _append(prompt, by, reason, seen, cleared=True, restores=number)
    return _append(prompt, by, reason, seen, text=_checked(prompt, row.text), restores=number)


def _row(prompt: Prompt, number: int) -> PromptVersion | None:
    row = history(prompt).filter(number=number).first()
    if row is None and number != 0:
        raise NotFound(f"This prompt has no version {number}.", code="no_such_version")
    return row


def _text(prompt: Prompt, row: PromptVersion | None) -> str:
    return prompt.text if row is None or row.cleared else row.text


def _checked(prompt: Prompt, text: str) -> str:
    kept = storable(text.replace("\r\n", "\n")).strip()
    if reason := fault(prompt, kept):
        raise Invalid(reason, fields={"text": reason})
    return kept


def _append(prompt: Prompt, by: Actor, reason: str, seen: int | None, **values: Any) -> PromptVersion:
    if len(reason) > LONGEST_REASON:
        raise Invalid("The reason is too long.", fields={"reason": f"must have at most {LONGEST_REASON} characters"})
    last = history(prompt).first()
    number = last.number if last else 0
    if seen is not None and seen != number:
        raise _changed(last)
    try:
        with transaction("a text gets the next number and its audit entry"):
            row = PromptVersion.objects.create(
                name=prompt.name, number=number + 1, by=by.label, reason=storable(reason), **values
            )
            verb = "rolled_back" if row.restores is not None else "cleared" if row.cleared else "set"
            record(by, f"prompt.{verb}", row, before=_facts(last), after=_facts(row))
    except IntegrityError as problem:  # somebody else was faster by a moment
        raise _changed(history(prompt).first()) from problem
    return row


def _facts(row: PromptVersion | None) -> Mapping[str, Any] | None:
    if row is None:
        return None
    return {"number": row.number, "text": row.text, "cleared": row.cleared, "reason": row.reason,
            "restores": row.restores}  # fmt: skip


def _changed(row: PromptVersion | None) -> Conflict:
    who = row.by if row else "somebody"
    return Conflict(f"It was changed by {who} since you opened it; look again.", code="changed_meanwhile")
