"""Guards: conditions that must hold while an execution runs."""

import math
import operator
from collections.abc import Callable
from contextlib import suppress

from controls.connectors.base import INVALID_SEVERITY, Connector, Subscription, Unreachable
from optimizer.configuration import Configuration, GuardRule

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
    """Watches the guards' channels. What can't be known does not hold."""

    def __init__(self, configuration: Configuration, connector: Connector) -> None:
        self._rules = configuration.guards
        self._connector = connector
        self._subscriptions = [self._watch(address) for address in sorted({rule.address for rule in self._rules})]

    def _watch(self, address: str) -> Subscription:
        subscription = self._connector.watch(address)
        with suppress(Unreachable):  # without a value the guard does not hold, and says so
            self._connector.wait_update(address, 0, FIRST_S)
        return subscription

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()

    def violated(self) -> tuple[GuardRule, str] | None:
        """The first guard that does not hold, abort before pause, and what was found."""
        for rule in sorted(self._rules, key=lambda rule: rule.action):
            if found := self._fault(rule):
                return rule, f"guard {rule.name} {rule.operator} {rule.value:g}: {found}"
        return None

    def _fault(self, rule: GuardRule) -> str:
        reading = self._connector.latest(rule.address)
        if reading is None or not self._connector.connected(rule.address):
            return f"{rule.address} is not connected"
        if isinstance(reading.value, str):
            return f"it reads the text {reading.value!r}"
        value = float(reading.value)
        if math.isnan(value) or reading.severity >= INVALID_SEVERITY:
            return f"it reads {value:g}, which is not valid"
        return "" if COMPARE[rule.operator](value, rule.value) else f"it reads {value:g}"
