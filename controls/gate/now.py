"""The state of the machine and of a lease as the database has it now, in one query."""

from dataclasses import dataclass

from django.db import connection

from controls.models import Lease

_QUERY = """
SELECT l.token, l.state, l.stop_requested, l.stop_reason, l.stops_at_grant, m.stops, m.armed, h.beat
FROM controls_lease l
JOIN controls_machine m ON m.id = l.machine_id
LEFT JOIN controls_heartbeat h ON h.machine_id = m.id AND h.role = 'watchdog'
WHERE l.id = %s
"""


@dataclass(frozen=True, slots=True)
class Now:
    token: int
    state: str
    stopped: str
    armed: bool
    beat: int | None

    def holds(self, token: int, states: frozenset[str]) -> bool:
        """Whether a writer with this token still holds the lease, in one of its states."""
        return self.token == token and self.state in states


HELD = frozenset({Lease.State.HELD.value})
RETURNING = frozenset({Lease.State.HELD.value, Lease.State.RESTORING.value, Lease.State.QUIET.value})


def read(lease_id: int) -> Now:
    """One indexed query; about 0.1 ms on SQLite.

    Raises:
        django.db.DatabaseError, django.db.InterfaceError: the database does not answer.
        Lease.DoesNotExist: there is no such lease.
    """
    with connection.cursor() as cursor:
        cursor.execute(_QUERY, [lease_id])
        row = cursor.fetchone()
    if row is None:
        raise Lease.DoesNotExist(f"lease {lease_id}")
    token, state, stop_requested, reason, stops_at_grant, stops, armed, beat = row
    stopped = reason or "STOP" if stop_requested or stops > stops_at_grant else ""
    return Now(token, state, stopped, bool(armed), beat)
