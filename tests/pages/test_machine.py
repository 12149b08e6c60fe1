"""The machine page: what it shows, arming and disarming, what waits for a person, STOP."""

from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from controls.models import ChannelLock, Heartbeat, Lease, Machine, Restore, RestoreItem
from controls.monitor.broker import broker
from controls.monitor.wire import Latest, alive_key, values_key
from optimizer.models import Campaign, Execution
from tests.pages.world import add_write, execute, log_in, make_campaign
from tests.people import PASSWORD
from xoptweb.accounts.models import User
from xoptweb.accounts.requests import CONFIRMED_AT
from xoptweb.audit.models import Entry


@pytest.fixture
def physicist(client: Client, linac: Machine, peter: User) -> Client:
    return log_in(client, peter)


def text(client: Client, page: str) -> str:
    return unescape(client.get(page).content.decode())


def told(machine: Machine, values: dict[str, Latest], *, alive: bool = True) -> None:
    """What the monitor would have told."""
    client = broker()
    client.delete(values_key(machine.slug), alive_key(machine.slug))
    client.hset(values_key(machine.slug), mapping={address: value.as_json() for address, value in values.items()})
    if alive:
        client.set(alive_key(machine.slug), "1", ex=5)


Q1 = "LI01:QUAD:01:K1"


def test_values_come_with_units_limits_and_where_they_stand(physicist: Client, linac: Machine) -> None:
    told(linac, {Q1: Latest(10.0, 1e9, 1e9, 0, True, False, "10.000")})
    page = text(physicist, "/machine/demo-linac/?part=channels")
    row = page[page.index("channels/Q1/") : page.index("channels/Q2/")]
    for expected in (">10.000<", "m⁻²", "−30 … 30", "step ≤ 5", 'class="now" x="66.67%"'):
        assert expected in row
    assert "stale" not in row.partition(">10.000<")[0].rpartition("<span")[2]


def test_a_value_nobody_vouches_for_looks_stale_and_alarms_have_a_shape(physicist: Client, linac: Machine) -> None:
    told(linac, {Q1: Latest(10.0, 1e9, 1e9, 2, True, False, "10.000")}, alive=False)
    page = text(physicist, "/machine/demo-linac/?part=channels")
    cell = page[: page.index(">10.000<")].rpartition("<span")[2]
    assert 'class="stale"' in cell
    assert 'data-severity="2"' in cell
    assert "old value" in cell


def test_arming_says_exactly_what_may_move_and_is_recorded(physicist: Client, linac: Machine) -> None:
    page = text(physicist, "/machine/demo-linac/")
    dialog = page[page.index('<dialog id="arm-dialog"') :].partition("</dialog>")[0]
    for expected in ("these 5 channels", "Q1", "−30", "30", "Nothing moves by arming alone", "8 h"):
        assert expected in dialog
    assert physicist.post("/machine/demo-linac/arm/").status_code == 302
    linac.refresh_from_db()
    assert linac.armed
    assert Entry.objects.filter(action="machine.armed", who="peter").count() == 1
    assert physicist.post("/machine/demo-linac/arm/").status_code == 409


def test_disarming_says_that_it_freezes_restores_too(physicist: Client, linac: Machine) -> None:
    physicist.post("/machine/demo-linac/arm/")
    page = text(physicist, "/machine/demo-linac/")
    assert "restores included" in page[page.index('<dialog id="disarm-dialog"') :]
    assert physicist.post("/machine/demo-linac/disarm/").status_code == 302
    linac.refresh_from_db()
    assert not linac.armed


def test_arming_with_an_old_login_goes_over_the_password_and_back(physicist: Client, linac: Machine) -> None:
    session = physicist.session
    session[CONFIRMED_AT] = (timezone.now() - timedelta(days=1)).isoformat()
    session.save()
    headers = {"Referer": "http://testserver/machine/demo-linac/"}
    detour = physicist.post("/machine/demo-linac/arm/", {"idempotency_key": "k"}, headers=headers)
    assert detour.status_code == 303
    back = physicist.post(detour["Location"], {"password": PASSWORD})
    assert back["Location"] == "/machine/demo-linac/"
    linac.refresh_from_db()
    assert not linac.armed
    physicist.post("/machine/demo-linac/arm/", {"idempotency_key": "k"}, headers=headers)
    linac.refresh_from_db()
    assert linac.armed


def test_who_may_not_arm_is_offered_nothing_and_refused(client: Client, linac: Machine, olga: User) -> None:
    log_in(client, olga)
    assert "Arm…" not in text(client, "/machine/demo-linac/")
    assert client.post("/machine/demo-linac/arm/").status_code == 403
    assert client.post("/machine/demo-linac/disarm/").status_code == 403


def test_silent_processes_are_said_where_it_matters(physicist: Client, linac: Machine) -> None:
    Heartbeat.objects.create(machine=linac, role="monitor", at=timezone.now(), process="h:1:1")
    Heartbeat.objects.create(machine=linac, role="watchdog", at=timezone.now() - timedelta(minutes=3), process="h:2:1")
    physicist.post("/machine/demo-linac/arm/")
    page = text(physicist, "/machine/demo-linac/")
    assert "armed · watchdog silent" in page
    assert "watchdog silent since" in page
    assert "monitor alive" in page


@pytest.fixture
def owed(linac: Machine, olga: User) -> Lease:
    """A restore that could not bring back a channel somebody else has moved."""
    execution: Execution = execute(make_campaign(olga, state=Campaign.State.FAILED), 3, Execution.State.ENDED)
    lease = execution.lease
    assert lease is not None
    Lease.objects.filter(pk=lease.pk).update(state=Lease.State.WAITING)
    restore = Restore.objects.create(
        lease=lease, snapshot=lease.snapshot, by="watchdog", reason="died", state=Restore.State.PARTIAL
    )
    for name, outcome in (("Q1", RestoreItem.Outcome.FOREIGN), ("Q2", RestoreItem.Outcome.RESTORED)):
        channel = linac.channels.get(name=name)
        ChannelLock.objects.create(channel=channel, lease=lease)
        RestoreItem.objects.create(restore=restore, channel=channel, target=10.0, found=12.5, outcome=outcome)
    return lease


def test_channels_that_are_not_back_are_said_on_every_page(physicist: Client, owed: Lease) -> None:
    for page in ("/", "/campaigns/", "/machine/demo-linac/", "/account/"):
        banner = text(physicist, page).partition('class="page"')[0]
        assert '<div class="banner bad" role="alert">' in banner
        assert "NOT RESTORED." in banner
        assert "Q1 moved by someone else, left alone" in banner


def test_who_has_a_channel_is_named_and_can_be_looked_at(physicist: Client, owed: Lease) -> None:
    Lease.objects.update(correlation="campaign:7")
    for part in ("leases", "channels"):
        assert '<a href="/campaigns/7/">campaign 7</a>' in text(physicist, f"/machine/demo-linac/?part={part}")
    Lease.objects.update(correlation="", holder="by\u202ehand")
    assert "by\\u202ehand" in text(physicist, "/machine/demo-linac/?part=leases")


def test_a_person_can_have_them_restored_or_accept_them(physicist: Client, owed: Lease, linac: Machine) -> None:
    page = text(physicist, "/machine/demo-linac/?part=leases")
    assert "12.500 → 10.000" in page
    assert "Restore also what someone else moved" in page
    restore = f"/machine/demo-linac/leases/{owed.pk}/restore/"
    assert physicist.post(restore).status_code == 409  # not armed
    physicist.post("/machine/demo-linac/arm/")
    assert physicist.post(restore, {"also_foreign": "1"}).status_code == 302
    owed.refresh_from_db()
    assert owed.state == Lease.State.RESTORING
    assert physicist.post(f"/machine/demo-linac/leases/{owed.pk}/accept/").status_code == 409
    Lease.objects.filter(pk=owed.pk).update(state=Lease.State.WAITING)
    assert physicist.post(f"/machine/demo-linac/leases/{owed.pk}/accept/").status_code == 302
    owed.refresh_from_db()
    assert owed.state == Lease.State.RELEASED
    assert "NOT RESTORED." not in text(physicist, "/")


def test_only_confirmed_writes_look_like_success(physicist: Client, linac: Machine, olga: User) -> None:
    execution = execute(make_campaign(olga), 3)
    add_write(execution)
    add_write(execution, sequence=2, outcome="refused", code="step_too_large", detail="from 0 to 9 is more than 5")
    add_write(execution, sequence=3, outcome=None)
    add_write(execution, sequence=4, outcome="unconfirmed", code="no_answer")
    page = text(physicist, "/machine/demo-linac/writes/")
    manners = [part.partition('"')[0] for part in page.partition("<tbody>")[2].split('class="pill ')[1:]]
    assert manners[:4] == ["bad", "warn", "bad", "good"]
    assert "refused: step_too_large" in page
    assert "from 0 to 9 is more than 5" in page


@pytest.mark.parametrize("page", ["/stop/", "/machine/demo-linac/stop/"])
def test_stop_answers_programs_in_json_and_people_with_a_page(page: str, physicist: Client, linac: Machine) -> None:
    answer = physicist.post(page, headers={"Accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["message"].startswith("STOP on Demo linac")
    assert answer.json()["stopped"] == []
    assert physicist.post(page).status_code == 302
    linac.refresh_from_db()
    assert linac.stops == 2


def test_stop_is_never_held_back_by_a_key(physicist: Client, linac: Machine) -> None:
    for _ in range(3):
        physicist.post("/stop/", {"idempotency_key": "same"}, headers={"Accept": "application/json"})
    linac.refresh_from_db()
    assert linac.stops == 3


def test_an_observer_cannot_stop_and_hears_why(client: Client, linac: Machine, vera: User) -> None:
    log_in(client, vera)
    answer = client.post("/stop/", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_allowed"
    assert "may not stop" in text(client, "/")


def test_stop_stands_on_every_page_that_has_the_shell(physicist: Client, linac: Machine) -> None:
    for page in ("/", "/campaigns/", "/campaigns/new/", "/approvals/", "/audit/", "/account/", "/machine/demo-linac/",
                 "/api/v1/docs", "/admin/", "/admin/controls/channel/"):  # fmt: skip
        assert '<form id="stop" method="post" action="/stop/" data-stop>' in text(physicist, page), page
