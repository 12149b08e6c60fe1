"""The machine as the database knows it."""

from controls.models.channel import Channel
from controls.models.heartbeat import Heartbeat
from controls.models.lease import ChannelLock, Lease
from controls.models.machine import Machine
from controls.models.restore import Restore, RestoreItem
from controls.models.snapshot import Snapshot, SnapshotValue
from controls.models.write import Write

__all__ = [
    "Channel",
    "ChannelLock",
    "Heartbeat",
    "Lease",
    "Machine",
    "Restore",
    "RestoreItem",
    "Snapshot",
    "SnapshotValue",
    "Write",
]
