"""What the page of one campaign shows, read once and in a fixed number of queries."""

from collections.abc import Sequence
from functools import cached_property

from django.db.models import Count, Q, QuerySet

from controls.guarding import Condition, condition
from controls.models import Channel, SnapshotValue
from controls.monitor.values import Latest, latest
from optimizer.configuration import Configuration
from optimizer.models import Attempt, Campaign, Evaluation, Execution, Iteration, StageRecord
from optimizer.presentation import stages
from optimizer.presentation.actions import MOVING
from optimizer.presentation.result import Best, Budget, best_of, budget_of
from optimizer.presentation.setpoints import Before, Setpoint, before, setpoints
from optimizer.presentation.words import IN_FLIGHT, Pill, campaign_pill
from optimizer.services.revising import WAITING

TABS = (
    ("campaign", "Evaluations"),
    ("campaign-trace", "Trace"),
    ("campaign-writes", "Writes"),
    ("campaign-configuration", "Configuration"),
    ("campaign-analysis", "Analysis"),
    ("campaign-audit", "Audit"),
)


class CampaignPage:
    """One campaign seen at one of its iterations: the one that was asked for, or by default always the latest."""

    def __init__(self, campaign: Campaign, asked_iteration: int | None = None) -> None:
        self.campaign = campaign
        self._asked = asked_iteration
        self.machine = campaign.environment.machine
        self.pill: Pill = campaign_pill(campaign)
        self.stream = f"campaign:{campaign.pk}"

    # -- iterations and stages

    @cached_property
    def iterations(self) -> list[Iteration]:
        rows = self.campaign.iterations.select_related("approval", "execution").order_by("number")
        return list(rows.prefetch_related("stages__runs"))

    @cached_property
    def last(self) -> Iteration | None:
        return self.iterations[-1] if self.iterations else None

    @cached_property
    def iteration(self) -> Iteration | None:
        """The iteration whose evaluations are shown: while the last has none yet, the last that has."""
        executed = [iteration for iteration in self.iterations if hasattr(iteration, "execution")]
        return self.pinned or next(iter((executed or self.iterations)[::-1]), None)

    @cached_property
    def pinned(self) -> Iteration | None:
        """The iteration that was asked for; the page stays with it."""
        return next((one for one in self.iterations if one.number == self._asked), None)

    @property
    def railed(self) -> Iteration | None:
        """The iteration whose stages and configuration are shown."""
        return self.pinned or self.last

    @property
    def several(self) -> bool:
        return len(self.iterations) > 1

    @property
    def is_earlier(self) -> bool:
        """What is shown came from another iteration than the one whose stages are shown."""
        return self.iteration != self.railed

    @cached_property
    def configuration(self) -> Configuration | None:
        """Of the iteration whose evaluations are shown."""
        return configuration_of(self.iteration)

    @cached_property
    def configured(self) -> Configuration | None:
        """Of the iteration whose stages are shown."""
        return self.configuration if not self.is_earlier else configuration_of(self.railed)

    @cached_property
    def rail(self) -> list[stages.Step]:
        records: Sequence[StageRecord] = list(self.railed.stages.all()) if self.railed else []
        execution = "" if self.is_earlier else self._execution_words
        return stages.rail(self.campaign, self.railed, records, execution)

    @property
    def changes_wanted(self) -> str:
        """The words of who asked for changes, while the requester's answer is awaited."""
        if self.campaign.state != Campaign.State.RUNNING or self.last is None:
            return ""
        waits = [one for one in self.last.stages.all() if one.decided_by == WAITING]
        return self.last.changes_requested if any(one.state == StageRecord.State.RUNNING for one in waits) else ""

    @property
    def _execution_words(self) -> str:
        if self.execution is None:
            return ""
        return f"{self.done} of {self.execution.evaluations_max} evaluations"

    # -- the execution and its evaluations

    @cached_property
    def execution(self) -> Execution | None:
        return getattr(self.iteration, "execution", None)

    @cached_property
    def attempts(self) -> list[Attempt]:
        return list(self.execution.attempts.order_by("number")) if self.execution else []

    @property
    def evaluations(self) -> QuerySet[Evaluation]:
        """Of the shown iteration, newest first."""
        return Evaluation.objects.filter(execution=self.execution).order_by("-number")

    @cached_property
    def _counts(self) -> dict[str, int]:
        return self.evaluations.aggregate(
            total=Count("pk"),
            done=Count("pk", filter=~Q(state__in=IN_FLIGHT) & ~Q(source=Evaluation.Source.CONFIRMATION)),
        )

    @property
    def total(self) -> int:
        return self._counts["total"]

    @property
    def done(self) -> int:
        return self._counts["done"]

    @cached_property
    def best(self) -> Evaluation | None:
        """The best feasible point of the shown iteration; confirming measurements do not compete."""
        if self.configuration is None or self.execution is None:
            return None
        order = "objective" if self.configuration.objective.direction == "minimize" else "-objective"
        rows = self.evaluations.filter(state=Evaluation.State.COMPLETED, feasible=True, objective__isnull=False)
        return rows.exclude(source=Evaluation.Source.CONFIRMATION).order_by(order, "number").first()

    @cached_property
    def result(self) -> Best | None:
        if self.configuration is None or self.iteration is None:
            return None
        return best_of(self.configuration, self.best, self.iteration, several=self.several)

    @cached_property
    def budget(self) -> Budget | None:
        if self.execution is None:
            return None
        return budget_of(self.execution, self.done, str(Campaign.End(self.campaign.end).label))

    # -- the machine

    @cached_property
    def latest(self) -> dict[str, Latest]:
        return latest(self.machine)

    @cached_property
    def channels(self) -> dict[str, Channel]:
        return {channel.address: channel for channel in self.machine.channels.all()}

    @cached_property
    def setpoints(self) -> list[Setpoint]:
        if self.configuration is None:
            return []
        return setpoints(self.configuration, self.channels, self.latest, self.best)

    @property
    def moving(self) -> bool:
        return self.campaign.state in MOVING

    @cached_property
    def before(self) -> list[Before]:
        """Where the channels were before the campaign; nothing when it never moved any."""
        snapshot = self.campaign.start_snapshot_id
        rows = SnapshotValue.objects.filter(snapshot=snapshot).select_related("channel") if snapshot else []
        return before(rows, self.latest)

    @property
    def away(self) -> bool:
        return self.campaign.state in Campaign.FINAL and any(one.away for one in self.before)

    @cached_property
    def guards(self) -> list[Condition]:
        """As they were configured; before there is a configuration, as the environment has them."""
        if self.configuration is None:
            rows = self.campaign.environment.guards.select_related("channel")
            return [self._guard(one.name, one.channel.address, one.operator, one.value) for one in rows]
        return [self._guard(one.name, one.address, one.operator, one.value) for one in self.configuration.guards]

    def _guard(self, name: str, address: str, operator: str, value: float) -> Condition:
        channel = self.channels.get(address) or Channel(address=address)
        return condition(name, channel, operator, value, self.latest.get(address))


def configuration_of(iteration: Iteration | None) -> Configuration | None:
    """What was stored for an iteration; None before it is configured."""
    stored = iteration.configuration if iteration else None
    return Configuration.model_validate(stored) if stored else None
