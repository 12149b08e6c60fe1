"""Pausing: the current evaluation is finished, the machine stays where it is."""

import time

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from controls.connectors.base import Interrupted
from controls.gate.durable import durably, note_trouble
from controls.gate.standing import Standing
from controls.leases.end import park
from controls.leases.grant import Grant
from controls.models import Lease
from optimizer.execution.endings import Parked
from optimizer.execution.flags import Flags
from optimizer.execution.guarding import Guards
from optimizer.execution.plan import Plan
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from xoptweb.config import config
from xoptweb.states import move
from xoptweb.transactions import transaction

State = Execution.State


def pause(plan: Plan, grant: Grant, flags: Flags, guards: Guards, reason: str, *, code: str = "") -> None:
    """Wait until a person resumes, or asks to finish here.

    `code` tells why xoptweb paused by itself; empty when a person asked.

    Raises:
        Ended: a guard aborts it.
        Parked: nobody resumed within the time after which a pause releases the worker.
        Interrupted: a stop came.
        DatabaseGone: the pause, or its end, could not be made durable.
    """
    durably(lambda: _enter(plan, reason, code), "a pause, and that a resume is needed", grant.standing)
    flags.pause = True
    parks_at = time.monotonic() + config().pause_release_s
    while flags.pause or _still_asked(plan, flags, grant.standing):
        flags.changed.wait(0.05)
        flags.changed.clear()
        if not grant.standing.may_move():
            raise Interrupted("stopped while paused")
        guards.mind_aborting()
        if time.monotonic() > parks_at and _park(plan, grant):
            raise Parked
    durably(lambda: _leave(plan), "a pause ends", grant.standing)


def _enter(plan: Plan, reason: str, code: str) -> None:
    move(
        plan.execution, State.PAUSED, message=reason[:400], code=code, paused_at=timezone.now(), pause_requested=True,
    )  # fmt: skip
    announce(plan.campaign, Campaign.State.PAUSED, reason)


def _still_asked(plan: Plan, flags: Flags, standing: Standing) -> bool:
    """The listening thread may have read its flag just before the pause was written down. A database that does not
    answer has not resumed anything.
    """
    try:
        flags.pause = Execution.objects.values_list("pause_requested", flat=True).get(pk=plan.execution.pk)
    except (OperationalError, InterfaceError):
        note_trouble(standing)
        flags.pause = True
    return flags.pause


def _leave(plan: Plan) -> None:
    move(plan.execution, State.RUNNING, message="", code="", paused_at=None)
    announce(plan.campaign, Campaign.State.EXECUTING, "Resumed.")


def _park(plan: Plan, grant: Grant) -> bool:
    """Give the lease to the watchdog, unless somebody resumed at this very moment, or the database has no time."""
    try:
        with transaction("parking and resuming exclude each other"):
            Lease.objects.select_for_update().get(pk=grant.lease.pk)  # locked before executions, by everybody
            execution = Execution.objects.select_for_update().get(pk=plan.execution.pk)
            if not execution.pause_requested or execution.finish_requested or execution.stop_requested:
                return False
            park(grant.lease)
    except (OperationalError, InterfaceError):
        note_trouble(grant.standing)
        return False
    return True
