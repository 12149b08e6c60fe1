"""A writer bringing back its own channels, with the database or without it."""

import logging
import time
from functools import partial

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import QuerySet

from controls.gate.codes import Code
from controls.gate.durable import DatabaseGone, durably, eventually
from controls.journal import Journal, import_for
from controls.leases.end import hand_over, release
from controls.leases.grant import Grant
from controls.models import Lease, Restore
from controls.restore import record
from controls.restore.run import Report, restore_all
from xoptweb.config import config
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)
RETRY_S = 0.25
ANY_TROUBLE = (DatabaseError, InterfaceError)


def bring_back(grant: Grant, *, by: str, reason: str) -> tuple[Lease, Restore | None]:
    """Restore the lease's snapshot, and free the channels when all is back; otherwise the watchdog goes on.

    Without the database the puts are journalled, and this returns only when it is back. Returns the lease as it is
    now, and the record of the restore: None when somebody else has taken the lease.
    """
    grant.standing.returning = True
    if not grant.still_held():
        return _refreshed(grant.lease), None
    try:
        report = _with_the_database(grant, by=by, reason=reason)
    except (*ANY_TROUBLE, DatabaseGone):
        report = _from_memory(grant)
    if report.lost:
        return _refreshed(grant.lease), None
    write_down = partial(_write_down, grant, report, by=by, reason=reason)
    return eventually(write_down, "a way back ends together with its lease", grant.standing)


def _with_the_database(grant: Grant, *, by: str, reason: str) -> Report:
    """Each put with its durable intent before it.

    Raises:
        DatabaseError, InterfaceError, DatabaseGone: the database does not answer.
    """
    restore = record.begin(grant.lease, by=by, reason=reason)
    deadline = time.monotonic() + config().restore_handover_s
    while True:
        report = restore_all(grant.writer)
        if report.blocked_code == Code.DATABASE_UNAVAILABLE:
            raise DatabaseGone(report.blocked)
        if not report.worth_retrying or report.blocked or time.monotonic() > deadline:
            return report
        save = partial(record.save, restore, report, final=False)
        durably(save, "where every channel is on its way back", grant.standing)
        time.sleep(RETRY_S)
        grant.writer.connector.search_again()


def _from_memory(grant: Grant) -> Report:
    """Restore without the database, then tell it what was put when it is back."""
    log.error("the database is away: lease %s restores from memory, with a journal", grant.lease.pk)
    writer, noted = grant.writer, grant.writer.record
    journal = Journal(grant.lease.pk, grant.lease.token)
    writer.record, writer.from_memory = journal, True
    while not (report := restore_all(writer)).done and report.worth_retrying and not _database_back():
        time.sleep(RETRY_S)
        writer.connector.search_again()
    journal.close()
    while not _database_back():
        time.sleep(RETRY_S)
    eventually(noted.flush_inside, "how the puts ended before the database went away", grant.standing)
    eventually(partial(import_for, grant.lease.pk), "what was put from memory is on record", grant.standing)
    return report


def _write_down(grant: Grant, report: Report, *, by: str, reason: str) -> tuple[Lease, Restore | None]:
    """Where every channel is, and what becomes of the lease; inside a transaction."""
    lease = _leases().select_for_update(of=("self",)).get(pk=grant.lease.pk)
    if lease.state != Lease.State.HELD or lease.token != grant.lease.token:
        log.warning("the watchdog has taken lease %s meanwhile", lease.pk)
        return lease, None
    restore = record.begin(lease, by=by, reason=reason)
    record.save(restore, report, final=False)
    return _end(lease, report), restore


def _end(lease: Lease, report: Report) -> Lease:
    if not report.done:
        return hand_over(lease)
    if _unknown(lease):
        return hand_over(lease, Lease.State.QUIET)
    release(lease)
    return lease


def _unknown(lease: Lease) -> bool:
    """Whether a put of this lease was sent and never answered: it could still land."""
    return lease.writes.filter(outcome__isnull=True).exists() or lease.writes.filter(code="no_answer").exists()


def _database_back() -> bool:
    """Whether the database takes changes again."""
    try:
        with transaction("does the database take changes"):
            Lease.objects.filter(pk=-1).update(renewals=0)
    except ANY_TROUBLE:
        connection.close()
        return False
    return True


def _refreshed(lease: Lease) -> Lease:
    return _leases().get(pk=lease.pk)


def _leases() -> QuerySet[Lease]:
    return Lease.objects.select_related("machine", "snapshot")
