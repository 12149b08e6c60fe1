"""Campaigns on the machine of the benchmarks, asked for and approved by the services that pages call."""

import os
import signal
import time
from typing import TYPE_CHECKING, Any

from bench.world import SLUG, World
from tests.processes import wait_until

if TYPE_CHECKING:
    from optimizer.models import Campaign, Execution

RANGE = {name: {"low": -10.0, "high": 10.0} for name in ("V1", "V2", "V3")}
ENDS_S = 60.0


class Campaigns:
    """Makes one campaign after the other; operator and approver are two people."""

    def __init__(self, world: World) -> None:
        self.world = world

    def begin(self, *, end: str = "restore", **pinned: Any) -> "Campaign":
        """A campaign that was approved a moment ago."""
        from optimizer.models import Campaign
        from optimizer.services import campaigns
        from xoptweb.approvals.services import decide

        chosen = {
            "variables": RANGE, "generator": "random", "evaluations": 10_000, "seconds": 3600.0,
            "initial": {"method": "none"}, **pinned,
        }  # fmt: skip
        given = {
            "environment": SLUG, "sentence": "make the first one smaller", "objective": "O1", "pinned": chosen,
            "iterations_max": 1, "end": end, "after_crash": "restore",
        }  # fmt: skip
        campaign = campaigns.create(campaigns.parse(given), by=self.world.actor("olga"))
        self.until(campaign, Campaign.State.AWAITING_APPROVAL)
        approval = campaign.iterations.get().approval
        if approval is None:
            raise RuntimeError("no approval was asked for")
        decide(approval.pk, "approve", "", by=self.world.actor("peter"), digest=approval.digest)
        return campaign

    def until(self, campaign: "Campaign", *states: str, timeout_s: float = ENDS_S) -> None:
        """Wait for a state.

        Raises:
            AssertionError: it ended otherwise, or not in time.
        """

        def there() -> bool:
            campaign.refresh_from_db()
            if campaign.state in campaign.FINAL and campaign.state not in states:
                raise AssertionError(f"the campaign ended as {campaign.state}: {campaign.message}")
            return campaign.state in states

        wait_until(there, timeout_s, every_s=0.02, what=f"{states} of a campaign")

    def at_rest(self, campaign: "Campaign") -> None:
        """Wait until it has ended and its channels are free."""
        from controls.models import Lease

        self.until(campaign, *campaign.FINAL)
        held = Lease.objects.filter(correlation=f"campaign:{campaign.pk}").exclude(state=Lease.State.RELEASED)
        wait_until(lambda: not held.exists(), ENDS_S, what="free channels")

    def puts_from(self, mark: int, number: int, timeout_s: float = ENDS_S) -> None:
        """Wait until the IOC has had `number` puts since its log had `mark` entries."""
        wait_until(lambda: len(self.world.machine.puts()) >= mark + number, timeout_s, what=f"{number} puts")

    def kill_writer(self, campaign: "Campaign") -> float:
        """End the process that writes, without warning; when that was, on the clock of the IOC's log."""
        pid = int(self.execution(campaign).attempts.order_by("-number")[0].process.split(":")[1])
        at = time.monotonic()
        os.kill(pid, signal.SIGKILL)
        return at

    @staticmethod
    def execution(campaign: "Campaign") -> "Execution":
        from optimizer.models import Execution

        return Execution.objects.get(iteration__campaign=campaign)
