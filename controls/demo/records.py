"""The demo's records, as Channel Access clients see them."""

import math
from dataclasses import dataclass
from typing import Any

from softioc import builder

from controls.demo import names
from controls.demo.faults import Faults
from controls.demo.optics import START
from controls.demo.shots import Shot

STARTS = (*START.k1, START.vertical_mrad, START.horizontal_mrad)
SUPPLY_CHOICES = ("NONE", "QUAD:01", "QUAD:02", "QUAD:03", "VCOR:01", "HCOR:01")


@dataclass(frozen=True)
class Range:
    """What a kind of magnet can do, in its own units."""

    limit: float
    units: str
    what: str


STRENGTH = Range(30.0, "m^-2", "quadrupole strength")
ANGLE = Range(6.0, "mrad", "corrector angle")
RANGES = (STRENGTH,) * len(names.QUADRUPOLES) + (ANGLE,) * len(names.CORRECTORS)


class Records:
    """Builds the records when made, before `iocInit`; afterwards `set` publishes and `get` gives the latest put."""

    def __init__(self, prefix: str, faults: Faults) -> None:
        builder.SetSimpleRecordNames(prefix, "")
        self.setpoints = [self._setpoint(number) for number in range(len(names.SUPPLIES))]
        self.readbacks = [self._readback(number) for number in range(len(names.SUPPLIES))]
        self.permit = builder.boolOut(
            names.PERMIT, ZNAM="REFUSED", ONAM="ALLOWED", initial_value=True, DESC="Settings may be changed"
        )
        self._screen()
        self._beam()
        self._faults(faults)

    def faults(self) -> Faults:
        """What is switched on now."""
        return Faults(
            trip=bool(self._trip.get()),
            stuck=int(self._stuck.get()),
            reject=int(self._reject.get()),
            slow_s=self._slow.get(),
            screen_nan=bool(self._nan.get()),
            screen_out=bool(self._screen_out.get()),
            frozen=bool(self._frozen.get()),
            leak=bool(self._leak.get()),
            noise=self._noise.get(),
            drift=self._drift.get(),
        )

    def publish_shot(self, shot: Shot, number: int) -> None:
        """Show what one shot measured."""
        self._size.set(shot.seen.size)
        self._x_size.set(shot.seen.size_x)
        self._y_size.set(shot.seen.size_y)
        self._x.set(shot.seen.x)
        self._y.set(shot.seen.y)
        self._charge.set(shot.charge)
        self._loss.set(shot.loss)
        self._shots.set(number)

    def publish_state(self, faults: Faults, vacuum_mbar: float) -> None:
        """Show what does not depend on the beam."""
        self._inserted.set(not faults.screen_out)
        self._interlock.set(int(faults.trip))
        self._vacuum.set(vacuum_mbar)

    def _setpoint(self, number: int) -> Any:
        of = RANGES[number]

        def accepted(_record: Any, value: float) -> bool:
            return math.isfinite(value) and int(self._reject.get()) != number + 1

        return builder.aOut(
            names.SUPPLIES[number],
            DRVL=-of.limit,
            DRVH=of.limit,
            EGU=of.units,
            PREC=4,
            DESC=f"{of.what}, setpoint",
            initial_value=STARTS[number],
            validate=accepted,
        )

    def _readback(self, number: int) -> Any:
        of = RANGES[number]
        return builder.aIn(
            names.readback(names.SUPPLIES[number]),
            LOPR=-of.limit,
            HOPR=of.limit,
            EGU=of.units,
            PREC=4,
            DESC=f"{of.what}, readback",
            initial_value=STARTS[number],
        )

    def _screen(self) -> None:
        self._size = _measured(names.SIZE, "um", 1, 0, 4000, "beam size, rms of both planes")
        self._x_size = _measured(names.X_SIZE, "um", 1, 0, 4000, "horizontal beam size, rms")
        self._y_size = _measured(names.Y_SIZE, "um", 1, 0, 4000, "vertical beam size, rms")
        self._x = _measured(names.X, "mm", 3, -6, 6, "horizontal beam position")
        self._y = _measured(names.Y, "mm", 3, -6, 6, "vertical beam position")
        self._inserted = builder.boolIn(names.INSERTED, ZNAM="OUT", ONAM="IN", initial_value=True, DESC="screen")

    def _beam(self) -> None:
        self._charge = _measured(names.CHARGE, "pC", 2, 0, 120, "bunch charge at the screen")
        self._loss = _measured(names.LOSS, "counts", 1, 0, 4000, "beam loss monitor")
        self._vacuum = _measured(names.VACUUM, "mbar", 11, 0, 1e-5, "pressure in the beam pipe")
        self._interlock = builder.longIn(names.INTERLOCK, initial_value=0, DESC="machine protection, 0 is clear")
        self._shots = builder.longIn(names.SHOTS, initial_value=0, DESC="shot counter")

    def _faults(self, initial: Faults) -> None:
        self._trip = _switch(names.TRIP, "the interlock cuts the beam")
        self._stuck = _choice(names.STUCK, "this readback does not move")
        self._reject = _choice(names.REJECT, "this supply ignores setpoints")
        self._slow = _amount(names.SLOW, "s", 60, initial.slow_s, "readbacks are this late")
        self._nan = _switch(names.NAN, "the screen shows NaN")
        self._screen_out = _switch(names.SCREEN_OUT, "the screen is out of the beam")
        self._frozen = _switch(names.FROZEN, "measurements stop updating")
        self._leak = _switch(names.LEAK, "the vacuum is bad")
        self._noise = _amount(names.NOISE, "", 50, initial.noise, "factor on measurement noise")
        self._drift = _amount(names.DRIFT, "", 2, initial.drift, "drift of the incoming beam")


def _measured(name: str, units: str, decimals: int, low: float, high: float, what: str) -> Any:
    return builder.aIn(name, EGU=units, PREC=decimals, LOPR=low, HOPR=high, DESC=what)


def _switch(name: str, what: str) -> Any:
    return builder.boolOut(name, ZNAM="OFF", ONAM="ON", initial_value=False, DESC=what)


def _choice(name: str, what: str) -> Any:
    return builder.mbbOut(name, *SUPPLY_CHOICES, initial_value=0, DESC=what)


def _amount(name: str, units: str, high: float, initial: float, what: str) -> Any:
    return builder.aOut(name, DRVL=0, DRVH=high, EGU=units, PREC=3, initial_value=initial, DESC=what)
