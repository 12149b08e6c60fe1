"""A channel that is edited in the moment in which its lease is taken."""

from controls.leases.end import release
from controls.leases.grant import Grant, acquire
from controls.models import Channel
from controls.services.configuring import save_channel
from tests.controls.gate.conftest import World
from tests.races import meanwhile
from xoptweb.accounts.models import User
from xoptweb.actors import Actor


def test_a_limit_that_is_changed_while_the_lease_is_taken_binds_its_writer(world: World, peter: User) -> None:
    grants: list[Grant] = []

    def narrower() -> None:
        channel = Channel.objects.get(pk=world.q1.pk)
        channel.high = 12.0
        save_channel(channel, by=Actor(peter, via="web"))

    meanwhile(narrower, lambda: grants.append(acquire(world.want(world.q1), world.connector)), lambda: None)
    grant = grants[0]
    try:
        assert grant.writer.lines[world.q1.pk].high == 12.0
    finally:
        release(grant.lease)
        grant.close()
