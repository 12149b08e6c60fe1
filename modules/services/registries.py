"""Registries for all projects of the installation."""

from modules.models import Registry
from modules.registries.addresses import check_address
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid, NotFound
from xoptweb.transactions import transaction

LONGEST_NAME = 80


def save(name: str, url: str, *, by: Actor) -> Registry:
    """Add a registry for all projects, or change its address.

    Raises:
        NotAllowed: `by` may not administer.
        Invalid: the name or the address is none.
    """
    require(by, "administer")
    if not name.strip() or len(name) > LONGEST_NAME:
        raise Invalid("A registry needs a name.", fields={"name": f"1 to {LONGEST_NAME} characters."})
    check_address(url)
    with transaction("a registry changes with its audit entry"):
        row = Registry.objects.filter(project=None, name=name.strip()).first() or Registry(name=name.strip())
        before = row.url or None
        row.url = url
        row.save()
        record(by, "registry.saved", row, before=before, after=url)
    return row


def remove(name: str, *, by: Actor) -> None:
    """Raises NotAllowed, or NotFound when there is no such registry for all."""
    require(by, "administer")
    with transaction("a registry goes with its audit entry"):
        row = Registry.objects.filter(project=None, name=name).first()
        if row is None:
            raise NotFound(f"There is no registry “{name[:LONGEST_NAME]}”.")
        record(by, "registry.removed", row, before=row.url)
        row.delete()
