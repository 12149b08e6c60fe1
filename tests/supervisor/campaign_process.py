"""Two people's campaign in the home of a running house: prints its number when it moves, or how it stands at rest.

python -m tests.supervisor.campaign_process begin | rest NUMBER
"""

import json
import sys
from typing import TYPE_CHECKING

from xoptweb.cli.django_setup import prepare

if TYPE_CHECKING:
    from xoptweb.actors import Actor

RANGE = {"Q1": {"low": 4.0, "high": 16.0}, "Q2": {"low": -15.0, "high": -3.0}, "Q3": {"low": -1.0, "high": 11.0}}


def begin() -> None:
    from django.utils import timezone

    from controls.models import Heartbeat, Machine
    from controls.monitor.values import latest
    from controls.services.arming import arm
    from optimizer.models import Campaign, Evaluation
    from optimizer.services import campaigns
    from tests.people import person
    from tests.processes import wait_until
    from xoptweb.actors import Actor
    from xoptweb.approvals.services import decide

    def acting(username: str, role: str) -> "Actor":
        return Actor(person(username, role), via="web", confirmed_at=timezone.now())

    machine = Machine.objects.get()
    roles = len(Heartbeat.Role.choices)
    wait_until(lambda: Heartbeat.objects.filter(machine=machine).count() == roles, 60, what="monitor and watchdog")
    wait_until(lambda: latest(machine), 30, what="values of the monitor")
    olga, peter = acting("olga", "operator"), acting("peter", "physicist")
    arm(machine, by=peter)
    pinned = {
        "variables": RANGE, "generator": "random", "evaluations": 500, "seconds": 600.0, "initial": {"method": "none"},
    }  # fmt: skip
    given = {
        "environment": "screen-focus", "sentence": "make the beam on the screen smaller", "pinned": pinned,
        "iterations_max": 1, "end": "best", "after_crash": "restore",
    }  # fmt: skip
    campaign = campaigns.create(campaigns.parse(given), by=olga)
    wait_until(lambda: _state(campaign) != Campaign.State.RUNNING, 60, what="the request")
    assert campaign.state == Campaign.State.AWAITING_APPROVAL, campaign.message
    approval = campaign.iterations.get().approval
    assert approval is not None
    decide(approval.pk, "approve", "", by=peter, digest=approval.digest)
    done = Evaluation.objects.filter(state="completed")
    wait_until(lambda: done.count() >= 3, 60, what="three evaluations")
    sys.stdout.write(f"{campaign.pk}\n")


def _state(campaign: object) -> str:
    from optimizer.models import Campaign

    assert isinstance(campaign, Campaign)
    campaign.refresh_from_db()
    return campaign.state


def rest(number: int) -> None:
    """Waits until nothing is held and the campaign has failed."""
    from controls.models import Lease
    from optimizer.models import Campaign
    from tests.processes import wait_until

    campaign = Campaign.objects.get(pk=number)
    held = Lease.objects.exclude(state=Lease.State.RELEASED)
    wait_until(lambda: not held.exists() and _state(campaign) == Campaign.State.FAILED, 60, every_s=0.1, what="rest")
    sys.stdout.write(json.dumps({"final": campaign.final, "message": campaign.message}))


if __name__ == "__main__":
    prepare()
    begin() if sys.argv[1] == "begin" else rest(int(sys.argv[2]))
