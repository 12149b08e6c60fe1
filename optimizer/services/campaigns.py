"""Everything people and programs can do to campaigns, in one place to import from."""

from optimizer.services.choices import NewCampaign, Pinned, parse, parse_pinned
from optimizer.services.creating import create, preview
from optimizer.services.restoring import restore_before
from optimizer.services.revising import revise, waiting_for_changes
from optimizer.services.steering import finish, pause, resume
from optimizer.services.stopping import stop

__all__ = [
    "NewCampaign",
    "Pinned",
    "create",
    "finish",
    "parse",
    "parse_pinned",
    "pause",
    "preview",
    "restore_before",
    "resume",
    "revise",
    "stop",
    "waiting_for_changes",
]
