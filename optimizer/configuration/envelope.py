"""What an approved configuration allows on the machine."""

from controls.gate.envelope import ChannelEnvelope, Envelope
from controls.models import Machine
from optimizer.configuration.schema import Configuration
from xoptweb.errors import Invalid


def to_envelope(configuration: Configuration, machine: Machine) -> Envelope:
    """Exactly the ranges the generator may use: a start outside them is only returned to by a restore.

    Raises:
        Invalid: a channel is no longer there.
    """
    names = [variable.channel for variable in configuration.variables.values()]
    channels = {channel.name: channel for channel in machine.channels.filter(name__in=names)}
    missing = [name for name in names if name not in channels]
    if missing:
        raise Invalid("A channel is not there any more.", fields=dict.fromkeys(missing, "no such channel"))
    return Envelope(
        machine=machine.slug,
        channels={
            name: ChannelEnvelope(
                channel=channels[variable.channel].pk,
                address=variable.address,
                readback=channels[variable.channel].readback,
                units=channels[variable.channel].units,
                low=variable.low,
                high=variable.high,
                max_step=variable.max_step,
                start=variable.start,
                tolerance=variable.tolerance,
                settle_s=variable.settle_s,
            )
            for name, variable in configuration.variables.items()
        },
        evaluations=configuration.evaluations,
        seconds=configuration.seconds,
        end=configuration.end,
    )
