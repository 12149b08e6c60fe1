"""Machines and channels by the names that agents use."""

from controls.models import Channel, Machine
from xoptweb.errors import NotFound


def machine(slug: str) -> Machine:
    """Raises NotFound."""
    found = Machine.objects.filter(slug=slug).first()
    if found is None:
        known = ", ".join(Machine.objects.values_list("slug", flat=True))
        raise NotFound(f"There is no machine “{slug}”; there are: {known or 'none'}.", code="no_such_machine")
    return found


def channel(slug: str, name: str) -> Channel:
    """Raises NotFound."""
    found = machine(slug).channels.filter(name=name).select_related("machine").first()
    if found is None:
        raise NotFound(f"{slug} has no channel {name}.", code="no_such_channel")
    return found


def link(channel: Channel) -> str:
    """The channel's page. Written out: workers know no addresses of pages."""
    return f"/machine/{channel.machine.slug}/channels/{channel.name}/"
