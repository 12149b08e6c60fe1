"""Everything one execution is bound to, loaded once."""

from dataclasses import dataclass

from controls.gate.envelope import ChannelEnvelope, Envelope
from controls.models import Channel, Machine
from controls.stopfile import StopFile
from optimizer.configuration import Configuration
from optimizer.models import Campaign, Execution, Iteration


@dataclass(frozen=True)
class Plan:
    """`channels` maps variable to channel, `bounds` channel key to what was approved for it. `stop_file` has looked
    since before the execution was claimed, as `machine.stops` is from then."""

    execution: Execution
    iteration: Iteration
    campaign: Campaign
    machine: Machine
    configuration: Configuration
    envelope: Envelope
    channels: dict[str, Channel]
    stop_file: StopFile

    @property
    def bounds(self) -> dict[int, ChannelEnvelope]:
        return {bound.channel: bound for bound in self.envelope.channels.values()}

    @property
    def stream(self) -> str:
        return f"campaign:{self.campaign.pk}"

    @property
    def seconds_left(self) -> float:
        """What is left of the approved time."""
        return self.envelope.seconds - self.execution.seconds_used

    @property
    def confirmations(self) -> int:
        """How often the best result is measured again; at least once."""
        return max(1, self.configuration.confirmations)

    @property
    def addresses(self) -> set[str]:
        """Everything the execution reads or writes."""
        found = {measurement.address for measurement in self.configuration.observables.values()}
        found |= {guard.address for guard in self.configuration.guards}
        for channel in self.channels.values():
            found |= {channel.address, channel.readback} - {""}
        if self.machine.permit_channel:
            found.add(self.machine.permit_channel.address)
        return found

    def targets(self, inputs: dict[str, float]) -> dict[int, float]:
        """Setpoints by channel key."""
        return {self.channels[name].pk: value for name, value in inputs.items()}

    def scaled(self, inputs: dict[str, float]) -> dict[str, float]:
        """Variables from 0 to 1 within what was approved."""
        ranges = self.configuration.variables
        return {n: (v - ranges[n].low) / (ranges[n].high - ranges[n].low) for n, v in inputs.items()}


def load(execution_id: int) -> Plan:
    """Read the approved content, not anything that could have been edited since.

    Raises:
        pydantic.ValidationError: the stored configuration or envelope is not of its form.
    """
    execution = Execution.objects.select_related(
        "approval", "iteration__campaign__environment__machine__permit_channel", "iteration__campaign__objective"
    ).get(pk=execution_id)
    campaign = execution.iteration.campaign
    machine = campaign.environment.machine
    envelope = Envelope.model_validate(execution.approval.envelope)
    configuration = Configuration.model_validate(execution.approval.content["configuration"])
    rows = Channel.objects.in_bulk([bound.channel for bound in envelope.channels.values()])
    channels = {name: rows[bound.channel] for name, bound in envelope.channels.items()}
    return Plan(
        execution, execution.iteration, campaign, machine, configuration, envelope, channels, StopFile(machine.slug)
    )
