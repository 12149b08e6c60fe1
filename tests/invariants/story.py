"""A campaign as two people run it, and what an observer outside makes of it."""

import time
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from controls.demo.process import DemoIoc
from controls.demo.puts import Put
from controls.models import Channel, Lease, Write
from controls.monitor.values import latest
from optimizer.models import Campaign, Evaluation, Execution
from optimizer.services.campaigns import create
from optimizer.services.choices import parse
from tests.ca_client import IndependentClient
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide
from xoptweb.live.models import Event

START = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
RANGE = {"Q1": (4.0, 16.0), "Q2": (-15.0, -3.0), "Q3": (-1.0, 11.0)}


@dataclass
class Story:
    """One campaign on three quadrupoles within a narrow range, so that tests are short."""

    operator: User
    approver: User
    ioc: DemoIoc
    outside: IndependentClient
    channels: dict[str, Channel]
    campaign: Campaign = field(init=False)
    mark: int = 0
    restarts: list[float] = field(default_factory=list)  # epoch, seconds; when the IOC began anew, at `START`

    def run(self, **choices: Any) -> "Story":
        """Create it, and let the approver approve."""
        self.request(**choices)
        self.approve()
        return self

    def request(self, **choices: Any) -> None:
        self.outside_start()
        self.mark = len(self.ioc.puts())
        pinned = {
            "variables": {name: {"low": low, "high": high} for name, (low, high) in RANGE.items()},
            "generator": "random", "evaluations": 4, "seconds": 120.0, "seed": 7, "initial": {"method": "none"},
        }  # fmt: skip
        pinned |= choices.pop("pinned", {})
        given = {
            "environment": "screen-focus", "sentence": "make the beam on the screen smaller", "pinned": pinned,
            "iterations_max": 1, "end": "restore", "after_crash": "resume", **choices,
        }  # fmt: skip
        self.campaign = create(parse(given), by=self.actor(self.operator))
        self.until(Campaign.State.AWAITING_APPROVAL)

    def approve(self) -> None:
        approval = self.approval
        decide(approval.pk, "approve", "", by=self.actor(self.approver), digest=approval.digest)

    def outside_start(self) -> None:
        """Somebody sets the quadrupoles to where every story begins."""
        for name, value in START.items():
            self.outside.put(self.channels[name].address, value)

    def actor(self, user: User) -> Actor:
        return Actor(user, via="web", confirmed_at=timezone.now())

    @property
    def approval(self) -> Approval:
        iteration = self.campaign.iterations.order_by("-number")[0]
        if iteration.approval is None:
            raise AssertionError("no approval was asked for")
        return iteration.approval

    @property
    def execution(self) -> Execution:
        return Execution.objects.filter(iteration__campaign=self.campaign).order_by("-pk")[0]

    @property
    def parked(self) -> bool:
        """Whether a long pause has given the channels to the watchdog."""
        lease = self.execution.lease
        return lease is not None and lease.state == Lease.State.PARKED

    @property
    def evaluations(self) -> list[Evaluation]:
        return list(Evaluation.objects.filter(execution__iteration__campaign=self.campaign).order_by("number"))

    def says(self, final: str) -> bool:
        self.campaign.refresh_from_db()
        return self.campaign.final == final

    def until(self, *states: str, timeout_s: float = 60) -> None:
        def there() -> bool:
            self.campaign.refresh_from_db()
            if self.campaign.state in Campaign.FINAL and self.campaign.state not in states:
                raise AssertionError(f"it ended as {self.campaign.state}: {self.campaign.message}")
            return self.campaign.state in states

        try:
            wait_until(there, timeout_s, every_s=0.05, what=f"{' or '.join(states)}")
        except AssertionError as error:
            raise AssertionError(f"{error} ({self.campaign.state}: {self.campaign.message})") from error

    def until_evaluations(self, number: int, timeout_s: float = 60) -> None:
        done = Evaluation.objects.filter(execution__iteration__campaign=self.campaign, state="completed")
        wait_until(lambda: done.count() >= number, timeout_s, what=f"{number} completed evaluations")

    def until_at_rest(self, timeout_s: float = 90) -> Campaign:
        """Until the campaign has ended and its channels are free."""
        self.until(*Campaign.FINAL, timeout_s=timeout_s)
        held = Lease.objects.filter(correlation=f"campaign:{self.campaign.pk}").exclude(state=Lease.State.RELEASED)
        wait_until(lambda: not held.exists(), timeout_s, what="the channels to be free")
        self.campaign.refresh_from_db()
        return self.campaign

    def heard(self, words: str) -> bool:
        """Whether the campaign said this on its stream, to whoever looked."""
        events = Event.objects.filter(stream=f"campaign:{self.campaign.pk}")
        return any(words in event.payload.get("message", "") for event in events)

    def restart_ioc(self) -> None:
        """Returns when everybody has found it again: libca takes its time for what has gone away."""
        self.ioc.start()
        self.restarts.append(time.time())
        self.outside.search_again()
        machine = self.channels["Q1"].machine
        wait_until(lambda: not any(value.stale for value in latest(machine).values()), 60, what="a monitor that sees")

    # -- what the outside saw

    def puts(self) -> list[Put]:
        """The puts to this campaign's channels since it was requested, by the IOC's own log."""
        names = {channel.address.removeprefix(self.ioc.prefix): name for name, channel in self.channels.items()}
        return [put for put in self.ioc.puts()[self.mark :] if put.name in names]

    def variable(self, put: Put) -> str:
        return next(n for n, c in self.channels.items() if c.address == self.ioc.prefix + put.name)

    def setpoints(self) -> dict[str, float]:
        return {name: float(self.outside.get(channel.address)) for name, channel in self.channels.items()}

    @property
    def writes(self) -> list[Write]:
        leases = Lease.objects.filter(correlation=f"campaign:{self.campaign.pk}")
        return list(Write.objects.filter(lease__in=leases).select_related("channel").order_by("pk"))
