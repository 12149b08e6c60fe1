"""The simulated machine in motion: supplies that follow their setpoints, and shots at a steady rate."""

import asyncio
import time
from dataclasses import dataclass

import numpy as np

from controls.demo.faults import Faults
from controls.demo.optics import Magnets, Section
from controls.demo.records import RANGES, STARTS, Records
from controls.demo.shots import Diagnostics
from controls.demo.supply import Supply
from controls.demo.wander import Wander

SUPPLY_STEP_S = 0.01
READBACK_NOISE = 2e-5  # rms, of the full range
CATCH_UP_S = 1.0  # after a longer pause the missed shots are left out


@dataclass
class Simulation:
    """Runs on the clock of the process; publishes through the records, and reads setpoints and faults from them."""

    records: Records
    rate_hz: float
    random: np.random.Generator

    def __post_init__(self) -> None:
        self.supplies = [
            Supply(start, noise=READBACK_NOISE * 2 * of.limit, full_range=2 * of.limit)
            for start, of in zip(STARTS, RANGES, strict=True)
        ]
        self.diagnostics = Diagnostics(Section(), self.random)
        self.wander = Wander(self.random)
        self.shots = 0

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._drive())
            tasks.create_task(self._shoot())

    async def _drive(self) -> None:
        while True:
            now = time.monotonic()
            faults = self.records.faults()
            for number, supply in enumerate(self.supplies):
                moving = supply.follow(self.records.setpoints[number].get(), now)
                if moving or supply.seen(faults.slow_s, now) != supply.actual:
                    self._show_readback(number, faults, now)
            await asyncio.sleep(SUPPLY_STEP_S)

    async def _shoot(self) -> None:
        period = 1 / self.rate_hz
        due = time.monotonic()
        while True:
            self._shot(period)
            due += period
            wait = due - time.monotonic()
            if wait < -CATCH_UP_S:
                due = time.monotonic()
            await asyncio.sleep(max(wait, 0.0))

    def _shot(self, period_s: float) -> None:
        faults = self.records.faults()
        self.wander.step(period_s)
        self.records.publish_state(faults, self.diagnostics.vacuum_mbar(faults))
        now = time.monotonic()
        for number in range(len(self.supplies)):
            self._show_readback(number, faults, now)
        if not faults.frozen:
            self.shots += 1
            shot = self.diagnostics.shot(self._magnets(), self.wander.incoming(faults.drift), faults)
            self.records.publish_shot(shot, self.shots)

    def _show_readback(self, number: int, faults: Faults, now: float) -> None:
        if faults.stuck == number + 1:
            return
        supply = self.supplies[number]
        noise = supply.noise * faults.noise * float(self.random.standard_normal())
        self.records.readbacks[number].set(supply.seen(faults.slow_s, now) + noise)

    def _magnets(self) -> Magnets:
        q1, q2, q3, vertical, horizontal = (supply.actual for supply in self.supplies)
        return Magnets((q1, q2, q3), vertical, horizontal)
