"""What `controls` does every so often."""

from controls.services.arming import disarm_idle
from xoptweb.work.registry import periodic

DISARM_EVERY_S = 30.0


@periodic("controls.disarm_idle", DISARM_EVERY_S)
def disarm_idle_machines() -> None:
    disarm_idle()
