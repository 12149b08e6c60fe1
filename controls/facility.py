"""Loading a machine and its channels from a facility's file."""

import logging
from pathlib import Path
from typing import Annotated, Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from controls.models import Channel, Machine
from controls.twins import twins_elsewhere, words
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)

Name = Annotated[str, StringConstraints(pattern=r"^[-a-zA-Z0-9_]+$", max_length=60)]
Address = Annotated[str, StringConstraints(min_length=1, max_length=120, pattern=r"^\S+$")]
Number = Annotated[float, Field(allow_inf_nan=False)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Permit(Strict):
    """The facility's own permit: nothing is written unless this channel reads that value."""

    channel: Name
    equals: Number = 1.0


class MachineEntry(Strict):
    slug: Annotated[Name, StringConstraints(max_length=50)]
    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    permit: Permit | None = None


class ChannelEntry(Strict):
    """The fields of `controls.models.Channel`; limits, step and tolerance in its own units, times in seconds."""

    address: Address
    readback: Address | None = None
    protocol: Channel.Protocol = Channel.Protocol.CA
    description: str = Field("", max_length=200)
    group: str = Field("", max_length=60)
    units: str = Field("", max_length=20)
    precision: int = Field(3, ge=0, le=15)
    writable: bool = False
    low: Number | None = None
    high: Number | None = None
    max_step: Annotated[Number, Field(gt=0)] | None = None
    tolerance: Number = Field(0.0, ge=0)
    settle_s: Number = Field(0.0, ge=0)

    @model_validator(mode="after")
    def writable_has_limits(self) -> Self:
        if self.low is not None and self.high is not None and not self.low < self.high:
            raise ValueError(f"low ({self.low:g}) must be below high ({self.high:g})")
        missing = [name for name in ("low", "high", "max_step") if getattr(self, name) is None]
        if self.writable and missing:
            raise ValueError(f"a writable channel needs {' and '.join(missing)}")
        return self

    def fields(self) -> dict[str, Any]:
        """As the model's fields."""
        return self.model_dump() | {"readback": self.readback or "", "protocol": self.protocol.value}


class Document(Strict):
    """A facility's file. `environment` is described by `optimizer.facility`."""

    machine: MachineEntry
    channels: dict[Name, ChannelEntry] = Field(min_length=1)
    environment: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def names_agree(self) -> Self:
        permit = self.machine.permit
        if permit and permit.channel not in self.channels:
            raise ValueError(f"machine.permit.channel: there is no channel {permit.channel}")
        owners: dict[str, str] = {}
        for name, entry in self.channels.items():
            if (other := owners.setdefault(entry.address, name)) != name:
                raise ValueError(f"channels.{name}.address: {entry.address} is the address of {other} already")
        return self


def read(path: Path, prefix: str = "") -> Document:
    """The file's content, `prefix` put before every address.

    Raises:
        Invalid: the file can't be read or is wrong; `fields` names each wrong key and says why.
    """
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeys)  # noqa: S506
        document = Document.model_validate(content)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as problem:
        raise Invalid(f"{path.name} can't be read: {problem}") from problem
    except ValidationError as problem:
        fields = {_key(error["loc"]): error["msg"].removeprefix("Value error, ") for error in problem.errors()}
        reasons = "; ".join(f"{key}: {reason}" if key else reason for key, reason in fields.items())
        raise Invalid(f"{path.name} is wrong: {reasons}.", fields=fields) from problem
    channels = {name: _prefixed(entry, prefix) for name, entry in document.channels.items()}
    return document.model_copy(update={"channels": channels})


def load(document: Document, *, address_list: str, server_port: int | None, by: Actor) -> Machine:
    """Create the machine and its channels. What exists already stays as it is; differences are logged.

    Only where the machine is found, `address_list` and `server_port`, always follows the caller.

    Raises:
        NotAllowed: `by` may not configure machines.
        Invalid: another machine writes to one of the process variables.
    """
    require(by, "configure")
    entry = document.machine
    found = {"address_list": address_list, "server_port": server_port}
    with transaction("a machine is loaded with all of its channels"):
        machine, new = Machine.objects.get_or_create(
            slug=entry.slug, defaults={"name": entry.name, "description": entry.description, **found}
        )
        for difference in differences(document, machine):
            log.info("%s: %s; the database stays as it is", machine.slug, difference)
        present = set(machine.channels.values_list("name", flat=True))
        created = [name for name in document.channels if name not in present]
        Channel.objects.bulk_create(
            Channel(machine=machine, name=name, **document.channels[name].fields()) for name in created
        )
        moved = _find(machine, found)
        if new or created or moved:
            _require_single(machine)
        if new and entry.permit:
            machine.permit_channel = machine.channels.get(name=entry.permit.channel)
            machine.permit_value = entry.permit.equals
            machine.save(update_fields=["permit_channel", "permit_value"])
        if new or created or moved:
            record(by, "facility.loaded", machine, after={"machine": new, "channels": created, **found})
    log.info("%s: %d channels new, %d there already", machine.slug, len(created), len(present))
    return machine


def differences(document: Document, machine: Machine) -> list[str]:
    """What the database says otherwise than the file, or has in addition, as sentences for a person."""
    told = []
    for channel in machine.channels.all():
        entry = document.channels.get(channel.name)
        if entry is None:
            told.append(f"channel {channel.name} is not in the file")
            continue
        for name, value in entry.fields().items():
            if (present := getattr(channel, name)) != value:
                told.append(f"channel {channel.name}: {name} is {present!r}, in the file {value!r}")
    return told


def _find(machine: Machine, found: dict[str, Any]) -> bool:
    """Let the machine be found there from now on; whether that is new."""
    if all(getattr(machine, name) == value for name, value in found.items()):
        return False
    for name, value in found.items():
        setattr(machine, name, value)
    machine.save(update_fields=list(found))
    return True


def _require_single(machine: Machine) -> None:
    twins = twins_elsewhere(machine, machine.channels.all())
    if twins:
        raise Invalid(
            " ".join(words(mine, other) for mine, other in twins[:3]),
            fields={f"channels.{mine.name}.address": words(mine, other) for mine, other in twins},
        )


def _prefixed(entry: ChannelEntry, prefix: str) -> ChannelEntry:
    readback = prefix + entry.readback if entry.readback else None
    return entry.model_copy(update={"address": prefix + entry.address, "readback": readback})


def _key(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "[key]")


class _UniqueKeys(yaml.SafeLoader):
    """YAML takes the last of two equal keys silently; here that is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in keys:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is there twice", key_node.start_mark
                )
            keys.add(key)
        return super().construct_mapping(node, deep)
