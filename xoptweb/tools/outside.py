"""Tools for agents that are not ours: the same ones, for a token, each call on record.

Those that are about a conversation serve one that is the token's own (`serving.outside_is`).
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from xoptweb import correlation
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken
from xoptweb.accounts.permissions import allowed, require, require_scope
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import NotAllowed, Problem
from xoptweb.plain import plain, storable
from xoptweb.tools import refusals, registry, serving
from xoptweb.tools.models import ToolCall
from xoptweb.transactions import transaction

logger = logging.getLogger(__name__)

SCOPE = "assistant"
PERMISSION = "view_machine"
LONGEST_NAME = 100
LARGEST_KEPT = 50_000  # characters of arguments that are kept
LOOK_EVERY_S = 1.0
BATCH = 100  # rows, so that no transaction is long


@dataclass(frozen=True)
class Outcome:
    """A JSON value; where the call failed, what was wrong in words."""

    result: Any
    failed: bool


def offered(by: Actor) -> list[registry.Spec]:
    """The tools that are there now and that `by` may use.

    Raises:
        NotAllowed: as `check`.
    """
    check(by)
    return registry.offered(by)


def missing(by: Actor) -> dict[str, str]:
    """The tools that `by` could use if they were there now, with the reason why they are not. Raises as `check`."""
    check(by)
    reasons = {spec.name: spec.why_absent for spec in registry.registered() if allowed(by, spec.permission)}
    return {name: reason for name, reason in reasons.items() if reason}


def call(
    name: str,
    arguments: Mapping[str, Any],
    by: Actor,
    *,
    cancelled: Callable[[], bool] | None = None,
    by_workers: bool = False,
) -> Outcome:
    """Run a tool as `by`, and put that on record. Whatever goes wrong in it is an outcome that says so.

    It ends early when it was `cancelled`, or the token is not valid any more. With `by_workers` what takes long is done
    by a worker, for which this process waits.

    Raises:
        NotAllowed: as `check`.
    """
    check(by)
    began = time.monotonic()
    with correlation.following(by.correlation):
        wanted_no_more = _ended(by, cancelled)
        about = partial(serving.serving, cancelled=wanted_no_more, by_workers=by_workers)
        outcome = _outcome(name, arguments, by, about)
    with transaction("a call from outside is on record"):
        ToolCall.objects.create(
            user=by.user,
            token=by.token.name if by.token else "",
            tool=storable(name[:LONGEST_NAME]),
            arguments=_kept(arguments),
            result=plain(outcome.result),
            failed=outcome.failed,
            seconds=time.monotonic() - began,
            correlation=by.correlation,
        )
    return outcome


def check(by: Actor) -> None:
    """Raises NotAllowed: the token lacks the scope, or its account may see nothing."""
    require(by, PERMISSION)
    require_scope(by, SCOPE)


def _ended(by: Actor, cancelled: Callable[[], bool] | None) -> Callable[[], bool]:
    """Whether a call is to end; about the token the database is asked once a second."""
    looked, revoked = time.monotonic(), False

    def ask() -> bool:
        nonlocal looked, revoked
        if by.token is not None and not revoked and time.monotonic() - looked >= LOOK_EVERY_S:
            looked = time.monotonic()
            revoked = not _is_valid(by.token)
        return revoked or (cancelled is not None and cancelled())

    return ask


def _is_valid(token: ApiToken) -> bool:
    try:
        tokens.as_it_is_now(token.pk)
    except NotAllowed:
        return False
    return True


def _outcome(name: str, arguments: Mapping[str, Any], by: Actor, about: Callable[[str], Any]) -> Outcome:
    try:
        with about(_subject(name, by)):
            return Outcome(registry.call(name, arguments, by), failed=False)
    except Problem as problem:
        return Outcome(refusals.told(problem.message, problem.fields) | {"code": problem.code}, failed=True)
    except Exception:  # the edge to another app's tool: its bug is told, and the server goes on
        logger.exception("The tool %s failed for %s.", name[:LONGEST_NAME], by.label)
        return Outcome({"error": "The tool failed; the error is in xoptweb's log.", "code": "broken"}, failed=True)


def _subject(name: str, by: Actor) -> str:
    """A conversation is only begun for a tool that needs one and is there for `by`."""
    spec = registry.find(name)
    needed = spec is not None and spec.for_conversation and allowed(by, spec.permission) and not spec.why_absent
    return serving.outside(by) if needed else ""


def _kept(arguments: Mapping[str, Any]) -> Any:
    made = plain(arguments)
    text = json.dumps(made, ensure_ascii=False)
    if len(text) <= LARGEST_KEPT:
        return made
    return {"truncated": True, "characters": len(text), "beginning": text[:LARGEST_KEPT]}


def forget_calls() -> int:
    """Delete one batch of old calls; how many that were."""
    oldest = timezone.now() - timedelta(days=config().llm_call_days)
    rows = ToolCall.objects.filter(at__lt=oldest).order_by("at").values_list("pk", flat=True)
    deleted, _ = ToolCall.objects.filter(pk__in=list(rows[:BATCH])).delete()
    return deleted
