"""A writer bringing back its own channels, with the database or without it."""

import logging
import time

from django.db import DatabaseError, connection

from controls.gate.codes import Code
from controls.gate.durable import DatabaseGone
from controls.journal import Journal, import_for
from controls.leases.end import hand_over, release
from controls.leases.grant import Grant
from controls.models import Lease, Restore
from controls.restore import record
from controls.restore.run import Report, restore_all
from xoptweb.config import config
from xoptweb.errors import Conflict
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)
RETRY_S = 0.25


def bring_back(grant: Grant, *, by: str, reason: str) -> tuple[Lease, Restore | None]:
    """Restore the lease's snapshot, and free the channels when all is back; otherwise the watchdog goes on.

    Without the database the puts are journalled. Returns the lease as it is now, and the record of the restore: None
    while the database is away or when somebody else has taken the lease.
    """
    grant.standing.returning = True
    if not grant.still_held():
        return _refreshed(grant.lease), None
    try:
        restore = record.begin(grant.lease, by=by, reason=reason)
    except (DatabaseError, DatabaseGone):
        return _from_memory(grant, by=by, reason=reason)
    deadline = time.monotonic() + config().restore_handover_s
    while True:
        try:
            report = restore_all(grant.writer)
        except (DatabaseError, DatabaseGone):
            return _from_memory(grant, by=by, reason=reason)
        if report.blocked_code == Code.DATABASE_UNAVAILABLE:
            return _from_memory(grant, by=by, reason=reason)
        if report.lost:
            return _refreshed(grant.lease), None
        record.save(restore, report, final=False)
        if not report.worth_retrying or report.blocked or time.monotonic() > deadline:
            break
        time.sleep(RETRY_S)
        grant.writer.connector.search_again()
    return _end(grant, report), restore


def _end(grant: Grant, report: Report) -> Lease:
    lease = grant.lease
    try:
        if not report.done:
            return hand_over(lease)
        if _unknown(lease):
            return hand_over(lease, Lease.State.QUIET)
        release(lease)
    except Conflict:
        log.warning("the watchdog has taken lease %s meanwhile", lease.pk)
        return _refreshed(lease)
    return lease


def _unknown(lease: Lease) -> bool:
    """Whether a put of this lease was sent and never answered: it could still land."""
    return lease.writes.filter(outcome__isnull=True).exists() or lease.writes.filter(code="no_answer").exists()


def _from_memory(grant: Grant, *, by: str, reason: str) -> tuple[Lease, Restore | None]:
    """Restore without the database, then tell it when it is back."""
    log.error("the database is away: lease %s restores from memory, with a journal", grant.lease.pk)
    writer = grant.writer
    journal = Journal(grant.lease.pk, grant.lease.token)
    writer.record, writer.from_memory = journal, True
    while not (report := restore_all(writer)).done and report.worth_retrying and not _database_back():
        time.sleep(RETRY_S)
        writer.connector.search_again()
    journal.close()
    while not _database_back():
        time.sleep(RETRY_S)
    import_for(grant.lease.pk)
    lease = _refreshed(grant.lease)
    if lease.state != Lease.State.HELD or lease.token != grant.lease.token:
        return lease, None
    restore = record.begin(lease, by=by, reason=reason)
    record.save(restore, report, final=False)
    return _end(grant, report), restore


def _database_back() -> bool:
    """Whether the database takes changes again."""
    try:
        with transaction("does the database take changes"):
            Lease.objects.filter(pk=-1).update(renewals=0)
    except DatabaseError:
        connection.close()
        return False
    return True


def _refreshed(lease: Lease) -> Lease:
    return Lease.objects.select_related("machine", "snapshot").get(pk=lease.pk)
