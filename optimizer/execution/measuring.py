"""Fresh measurements: updates that arrived after the setpoints were reached, never a value from before."""

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable

from controls.connectors.base import INVALID_SEVERITY, Connector, ConnectorError, Interrupt, Interrupted, Reading
from optimizer.configuration import Configuration, Measurement
from optimizer.formulas import evaluate
from optimizer.statistics import reduce

QUIET_S = 0.5  # a channel without an update for this long is asked, and believed if its time is after the setpoint's
WAKE_S = 0.01
SetpointTime = Callable[[], float]


class NotMeasured(Exception):
    """No fresh value of an observable within its time."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Measuring:
    """Subscribes to all observables for the life of an execution."""

    def __init__(self, configuration: Configuration, connector: Connector) -> None:
        self._configuration = configuration
        self._connector = connector
        self._samples: dict[str, list[Reading]] = defaultdict(list)
        self._collecting = False
        self._arrived = threading.Condition()
        self._subscriptions = [
            connector.watch(address, lambda reading, address=address: self._update(address, reading))  # type: ignore[misc]
            for address in sorted({m.address for m in configuration.observables.values()})
        ]

    def close(self) -> None:
        for subscription in self._subscriptions:
            subscription.close()

    def measure(self, setpoint_time: SetpointTime, interrupt: Interrupt) -> tuple[dict[str, float], dict[str, float]]:
        """Values and standard errors of all observables and formulas, from updates that arrive from now on.

        `setpoint_time` gives the IOC's own time of the newest setpoint, where that is needed. A NaN that
        the IOC reports is a value.

        Raises:
            NotMeasured: `stale`, `unreachable`, `not_a_number` or `invalid`, naming the observable.
            Interrupted: a stop came meanwhile.
        """
        with self._arrived:
            self._samples.clear()
            self._collecting = True
        try:
            began = time.monotonic()
            outputs: dict[str, float] = {}
            errors: dict[str, float] = {}
            for name, measurement in self._configuration.observables.items():
                samples = self._fresh(name, measurement, began, setpoint_time, interrupt)
                outputs[name], error = reduce(samples, measurement.statistic)
                if error is not None:
                    errors[name] = error
        finally:
            self._collecting = False
        formulas = {name: formula.expression for name, formula in self._configuration.formulas.items()}
        return outputs | evaluate(formulas, outputs), errors

    def _update(self, address: str, reading: Reading) -> None:
        if not self._collecting:
            return
        with self._arrived:
            self._samples[address].append(reading)
            self._arrived.notify()

    def _fresh(
        self, name: str, wanted: Measurement, began: float, setpoint_time: SetpointTime, interrupt: Interrupt
    ) -> list[float]:
        asked = False
        while len(samples := self._wait(wanted)) < wanted.samples:
            if interrupt():
                raise Interrupted("stopped while measuring")
            waited = time.monotonic() - began
            if not samples and not asked and waited > min(QUIET_S, wanted.timeout_s):
                asked = True
                if (reading := self._ask(name, wanted, setpoint_time(), interrupt)) is not None:
                    return [self._number(name, reading)]
            if waited > wanted.timeout_s:
                raise NotMeasured(
                    "stale", f"{name}: {len(samples)} of {wanted.samples} fresh values within {wanted.timeout_s:g} s"
                )
        return [self._number(name, reading) for reading in samples]

    def _wait(self, wanted: Measurement) -> list[Reading]:
        """What has arrived, after a short wait if it is not enough yet. The lock is never held during a read."""
        with self._arrived:
            if len(self._samples[wanted.address]) < wanted.samples:
                self._arrived.wait(WAKE_S)
            return self._samples[wanted.address][: wanted.samples]

    def _ask(self, name: str, wanted: Measurement, setpoint_time: float, interrupt: Interrupt) -> Reading | None:
        """A value that does not change sends no updates: it is fresh if the IOC processed it after the setpoint."""
        try:
            reading = self._connector.read(wanted.address, 1.0, interrupt)
        except ConnectorError as error:
            raise NotMeasured("unreachable", f"{name}: {error.message}") from error
        return reading if reading.ioc_time > setpoint_time else None

    @staticmethod
    def _number(name: str, reading: Reading) -> float:
        if isinstance(reading.value, str):
            raise NotMeasured("not_a_number", f"{name} reads the text {reading.value!r}")
        value = float(reading.value)
        if reading.severity >= INVALID_SEVERITY and not math.isnan(value):
            raise NotMeasured("invalid", f"{name} reads {value:g}, which the IOC marks as invalid")
        return value
