"""Adding, changing and removing profiles of models."""

from typing import Any

from django.forms.models import model_to_dict

from agents.models import ModelProfile
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.plain import plain
from xoptweb.transactions import transaction

PERMISSION = "administer"


def save(profile: ModelProfile, *, by: Actor) -> None:
    """Store a profile, new or changed.

    Raises:
        NotAllowed: `by` may not administer.
        ValidationError: a field is wrong.
    """
    require(by, PERMISSION)
    profile.full_clean()
    with transaction("a profile changes together with its audit entry"):
        before = ModelProfile.objects.filter(pk=profile.pk).first()
        profile.save()
        action = "profile.changed" if before else "profile.added"
        record(by, action, profile, before=_facts(before) if before else None, after=_facts(profile))


def remove(profile: ModelProfile, *, by: Actor) -> None:
    """Raises NotAllowed."""
    require(by, PERMISSION)
    with transaction("a profile is removed together with its audit entry"):
        record(by, "profile.removed", profile, before=_facts(profile))
        profile.delete()


def _facts(profile: ModelProfile) -> dict[str, Any]:
    facts: dict[str, Any] = plain(model_to_dict(profile))
    return facts
