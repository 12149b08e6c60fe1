"""Which connector speaks to a machine."""

from collections.abc import Callable
from importlib import import_module

from controls.connectors.addresses import AddressList
from controls.connectors.base import Connector
from controls.models import Channel, Machine

# protocol: module and class, imported when first needed
CONNECTORS = {Channel.Protocol.CA.value: ("controls.connectors.ca", "ChannelAccess")}


def address_list(machine: Machine) -> AddressList:
    return AddressList(machine.address_list, machine.auto_address, machine.server_port)


def open_connector(machine: Machine) -> Connector:
    """Open the machine's connector in this process, after it has forked.

    Raises:
        ValueError: its channels speak more than one protocol, or one that is not known.
    """
    protocols = set(machine.channels.values_list("protocol", flat=True).distinct()) or {Channel.Protocol.CA.value}
    unknown = protocols - CONNECTORS.keys()
    if unknown or len(protocols) > 1:
        raise ValueError(f"{machine.slug}: no one connector speaks {', '.join(sorted(protocols))}")
    module, name = CONNECTORS[protocols.pop()]
    connector: Callable[[AddressList], Connector] = getattr(import_module(module), name)
    return connector(address_list(machine))
