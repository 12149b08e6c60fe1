"""Keeps the supervised processes of each machine in step with the database."""

from collections.abc import Iterable

from controls.models import Machine
from xoptweb.config import Config
from xoptweb.supervisor import configuration, programs
from xoptweb.supervisor.places import Places


def epics(machine: Machine) -> dict[str, str]:
    """The `EPICS_*` variables by which processes find this machine; without an address list, the caller's own."""
    if not machine.address_list:
        return {}
    variables = {
        "EPICS_CA_ADDR_LIST": machine.address_list,
        "EPICS_CA_AUTO_ADDR_LIST": "YES" if machine.auto_address else "NO",
    }
    if machine.server_port:
        variables["EPICS_CA_SERVER_PORT"] = str(machine.server_port)
    return variables


def write(config: Config, places: Places, machines: Iterable[Machine]) -> None:
    """Write supervisord's file of each machine, and forget those of machines that are gone."""
    kept = set()
    for machine in machines:
        kept.add(f"{machine.slug}.conf")
        configuration.write_machine(places, machine.slug, programs.machine(config, machine.slug, epics(machine)))
    for path in places.machines.glob("*.conf"):
        if path.name not in kept:
            path.unlink()
