"""Guards: conditions that must hold while an execution runs."""

import math
import operator
from collections.abc import Callable
from contextlib import suppress

from controls.connectors.base import INVALID_SEVERITY, Connector, Reading, Subscription, Unreachable
from optimizer.configuration import Configuration, GuardRule
from optimizer.execution.endings import Ended, Ending

FIRST_S = 2.0  # how long the first value may take
COMPARE: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


class Guards:
    """Watches the guards' channels. What can't be known does not hold.

    What an update showed for a moment is kept: of a guard that aborts for ever, of one that pauses until `forget`.
    """

    def __init__(self, configuration: Configuration, connector: Connector) -> None:
        self._rules = sorted(configuration.guards, key=lambda rule: rule.action)  # abort before pause
        self._connector = connector
        self._moments: dict[GuardRule, str] = {}
        self._subscriptions = [self._watch(address) for address in sorted({rule.address for rule in self._rules})]

    def _watch(self, address: str) -> Subscription:
        rules = [rule for rule in self._rules if rule.address == address]
        subscription = self._connector.watch(address, lambda reading: self._update(rules, reading))
        with suppress(Unreachable):  # without a value the guard does not hold, and says so
            self._connector.wait_update(address, 0, FIRST_S)
        return subscription

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()

    def violated(self, *, meanwhile: bool = False) -> tuple[GuardRule, str] | None:
        """The first guard that does not hold, abort before pause, and what was found.

        One that aborts is violated also where it holds again; one that pauses only if that was `meanwhile`, since
        `forget`, and is asked for.
        """
        for rule in self._rules:
            latched = meanwhile or rule.action == "abort"
            if found := self._fault(rule) or (self._moments.get(rule, "") if latched else ""):
                return rule, f"guard {rule.name} {rule.operator} {rule.value:g}: {found}"
        return None

    def forget(self) -> None:
        """What guards that pause showed for a moment until now does not matter."""
        for rule in self._rules:
            if rule.action != "abort":
                self._moments.pop(rule, None)

    def mind_aborting(self) -> None:
        """Raises Ended where a guard that aborts is violated."""
        violated = self.violated()
        if violated is not None and violated[0].action == "abort":
            raise aborted(violated[1])

    def _update(self, rules: list[GuardRule], reading: Reading) -> None:
        """On the library's thread."""
        for rule in rules:
            if found := fault(rule, reading):
                self._moments[rule] = f"{found}, for a moment"

    def _fault(self, rule: GuardRule) -> str:
        reading = self._connector.latest(rule.address)
        if reading is None or not self._connector.connected(rule.address):
            return f"{rule.address} is not connected"
        return fault(rule, reading)


def aborted(detail: str) -> Ended:
    """How an execution ends by a guard, of which `violated` says `detail`."""
    return Ended(Ending.ABORTED, f"Aborted by {detail}.", "guard")


def fault(rule: GuardRule, reading: Reading) -> str:
    """Why a guard does not hold; empty when it does."""
    if isinstance(reading.value, str):
        return f"it reads the text {reading.value!r}"
    value = float(reading.value)
    if math.isnan(value) or reading.severity >= INVALID_SEVERITY:
        return f"it reads {value:g}, which is not valid"
    return "" if COMPARE[rule.operator](value, rule.value) else f"it reads {value:g}"
