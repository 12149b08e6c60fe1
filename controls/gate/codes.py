"""Why the gate refuses, and how a write can end."""

from dataclasses import dataclass
from enum import StrEnum

from controls.models import Write

Outcome = Write.Outcome


class Code(StrEnum):
    """Codes of refusals and failures; docs/operator.md explains each to a person."""

    NOT_ARMED = "not_armed"
    PERMIT_DENIED = "permit_denied"
    PERMIT_UNKNOWN = "permit_unknown"
    WATCHDOG_SILENT = "watchdog_silent"
    LEASE_LOST = "lease_lost"
    LEASE_ENDING = "lease_ending"
    STOPPED = "stopped"
    DATABASE_UNAVAILABLE = "database_unavailable"
    UNKNOWN_CHANNEL = "unknown_channel"
    NOT_WRITABLE = "not_writable"
    NOT_A_NUMBER = "not_a_number"
    OUTSIDE_LIMITS = "outside_limits"
    OUTSIDE_ENVELOPE = "outside_envelope"
    NOT_TOWARDS_RECORD = "not_towards_record"
    STEP_TOO_LARGE = "step_too_large"
    BUDGET_EVALUATIONS = "budget_evaluations"
    BUDGET_TIME = "budget_time"
    FOREIGN_WRITE = "foreign_write"
    UNREACHABLE = "unreachable"
    NO_ANSWER = "no_answer"
    PUT_REJECTED = "put_rejected"
    READBACK_DIFFERS = "readback_differs"
    READBACK_UNKNOWN = "readback_unknown"


@dataclass(frozen=True)
class Refusal(Exception):
    """A write that does not happen. `detail` is for a person."""

    code: Code
    detail: str

    def __str__(self) -> str:
        return self.detail


@dataclass(frozen=True)
class Result:
    """How a move of one channel ended. Only `confirmed` is success."""

    channel: str
    outcome: Outcome
    code: str = ""
    detail: str = ""
    value: float | None = None
    readback: float | None = None

    @property
    def confirmed(self) -> bool:
        return self.outcome == Outcome.CONFIRMED
