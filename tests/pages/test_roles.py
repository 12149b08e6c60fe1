"""Who gets which page, for every page and every role."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from controls.models import Machine
from optimizer.models import Campaign, Execution
from tests.pages.modules_world import fill
from tests.pages.world import add_write, ask_approval, execute, log_in, make_campaign
from tests.people import person
from xoptweb.accounts.models import User

EVERYBODY = {"observer", "operator", "physicist", "module developer", "administrator"}
DRIVERS = {"operator", "physicist", "administrator"}
STAFF = {"physicist", "administrator"}
INSTALLERS = {"module developer", "administrator"}
RUNNERS = INSTALLERS | {"physicist"}

PAGES = {
    "/": EVERYBODY,
    "/?part=now": EVERYBODY,
    "/parts/machines/": EVERYBODY,
    "/parts/rail/": EVERYBODY,
    "/account/": EVERYBODY,
    "/confirm/": EVERYBODY,
    "/campaigns/": EVERYBODY,
    "/campaigns/?state=active&search=beam&page=2": EVERYBODY,
    "/campaigns/new/": DRIVERS,
    "/campaigns/new/?part=choices&generator=expected_improvement": DRIVERS,
    "/campaigns/new/understood/?sentence=smaller+beam": DRIVERS,
    "/campaigns/{campaign}/": EVERYBODY,
    "/campaigns/{campaign}/?part=head": EVERYBODY,
    "/campaigns/{campaign}/?part=rail": EVERYBODY,
    "/campaigns/{campaign}/?part=side": EVERYBODY,
    "/campaigns/{campaign}/?part=evaluations": EVERYBODY,
    "/campaigns/{campaign}/?part=work": EVERYBODY,
    "/campaigns/{campaign}/?iteration=1": EVERYBODY,
    "/campaigns/{campaign}/trace/": EVERYBODY,
    "/campaigns/{campaign}/writes/": EVERYBODY,
    "/campaigns/{campaign}/configuration/": EVERYBODY,
    "/campaigns/{campaign}/analysis/": EVERYBODY,
    "/campaigns/{campaign}/audit/": DRIVERS,
    "/campaigns/{campaign}/chart.json": EVERYBODY,
    "/campaigns/{campaign}/evaluations.csv": EVERYBODY,
    "/campaigns/{campaign}/evaluations.yaml": EVERYBODY,
    "/environments/": EVERYBODY,
    "/environments/screen-focus/": EVERYBODY,
    "/approvals/": EVERYBODY,
    "/approvals/?state=pending&kind=execution": EVERYBODY,
    "/approvals/{approval}/": EVERYBODY,
    "/machine/demo-linac/": EVERYBODY,
    "/machine/demo-linac/?part=channels": EVERYBODY,
    "/machine/demo-linac/?part=standing": EVERYBODY,
    "/machine/demo-linac/?part=leases": EVERYBODY,
    "/machine/demo-linac/?part=writes": EVERYBODY,
    "/machine/demo-linac/writes/": EVERYBODY,
    "/machine/demo-linac/channels/Q1/": EVERYBODY,
    "/machine/demo-linac/channels/Q1/?part=history&span=24h": EVERYBODY,
    "/modules/": EVERYBODY,
    "/modules/?search=demo": EVERYBODY,
    "/modules/demo/reasoner/": EVERYBODY,
    "/modules/demo/reasoner/?part=head": EVERYBODY,
    "/modules/demo/reasoner/?part=versions": EVERYBODY,
    "/modules/demo/reasoner/?part=log": EVERYBODY,
    "/modules/demo/reasoner/?part=side": EVERYBODY,
    "/modules/demo/reasoner/runs/": EVERYBODY,
    "/modules/demo/reasoner/grants/": EVERYBODY,
    "/modules/demo/reasoner/tunables/": EVERYBODY,
    "/modules/demo/reasoner/configurables/": EVERYBODY,
    "/modules/demo/reasoner/tunables/value/?name=prompt": EVERYBODY,
    "/modules/demo/reasoner/tunables/value/?name=prompt&from=0&to=1": EVERYBODY,
    "/modules/demo/reasoner/tunables/value/?name=temperature&project=night-shift": EVERYBODY,
    "/modules/demo/reasoner/configurables/value/?name=model": EVERYBODY,
    "/modules/demo/reasoner/versions/1.0.0/uninstall/": INSTALLERS,
    "/modules/skills/": EVERYBODY,
    "/modules/skills/?search=beam&page=2": EVERYBODY,
    "/modules/new-skill/": RUNNERS,
    "/modules/skills/beam_area/": EVERYBODY,
    "/modules/skills/beam_area/text/1/": EVERYBODY,
    "/modules/skills/beam_area/text/1/?part=body": EVERYBODY,
    "/modules/skills/beam_area/text/write/?from=1": RUNNERS,
    "/modules/skills/beam_area/text/remove/": INSTALLERS,
    "/runs/": EVERYBODY,
    "/runs/?state=open&search=olga&called=1": EVERYBODY,
    "/runs/{run}/": EVERYBODY,
    "/runs/{run}/?part=head": EVERYBODY,
    "/runs/{run}/?part=answer": EVERYBODY,
    "/runs/{run}/?part=side": EVERYBODY,
    "/runs/{run}/?part=trace&page=latest": EVERYBODY,
    "/runs/{run}/events/3/": EVERYBODY,
    "/runs/{run}/trace.json": EVERYBODY,
    "/runs/compare/?run={run}&run={called}": EVERYBODY,
    "/projects/": EVERYBODY,
    "/projects/night-shift/": EVERYBODY,
    "/projects/night-shift/?part=head": EVERYBODY,
    "/projects/night-shift/?part=dependencies": EVERYBODY,
    "/projects/night-shift/?part=log": EVERYBODY,
    "/projects/night-shift/files/deps.toml": EVERYBODY,
    "/projects/night-shift/delete/": INSTALLERS,
    "/assistant/": EVERYBODY,
    "/assistant/?search=beam&page=2": EVERYBODY,
    "/assistant/memory/": EVERYBODY,
    "/artifacts/": EVERYBODY,
    "/artifacts/?kind=image&source=run&search=beam&new=1&page=2": EVERYBODY,
    "/assistant/prompts/": EVERYBODY,
    "/assistant/prompts/check/?from=0&to=0": EVERYBODY,
    "/assistant/memory/?search=q3": EVERYBODY,
    "/audit/": DRIVERS,
    "/audit/?search=campaign&since=2026-01-01&until=nonsense": DRIVERS,
    "/audit/export.csv": DRIVERS,
    "/api/v1/docs": EVERYBODY,
    "/api/v1/openapi.json": EVERYBODY,
}


@pytest.fixture
def numbers(linac: Machine, olga: User) -> dict[str, int]:
    """A campaign that executes, an approval that waits, a module that called another, and a project."""
    campaign = make_campaign(olga, state=Campaign.State.EXECUTING)
    execution: Execution = execute(campaign, 12)
    add_write(execution)
    waiting = ask_approval(make_campaign(olga))
    return {"campaign": campaign.pk, "approval": waiting.pk} | fill()


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_page_answers_those_it_is_for_and_refuses_the_others(
    role: str, client: Client, numbers: dict[str, int]
) -> None:
    log_in(client, person("somebody", role))
    wrong = {}
    for page, roles in PAGES.items():
        response = client.get(page.format(**numbers))
        expected = 200 if role in roles else 403
        if response.status_code != expected:
            wrong[page] = f"{response.status_code}, not {expected}"
        if response.streaming:
            response.getvalue()
    assert wrong == {}


def test_nobody_sees_a_page_without_logging_in(client: Client, numbers: dict[str, int]) -> None:
    answers = {page: client.get(page.format(**numbers)) for page in PAGES}
    assert {answer.status_code for answer in answers.values()} == {302}
    assert all(answer["Location"].startswith("/login/") for answer in answers.values())


def test_health_and_login_need_no_login(client: Client, db: None) -> None:
    assert client.get("/health/").json() == {"status": "ok"}
    assert client.get("/login/").status_code == 200


def test_an_account_without_a_role_is_told_so(client: Client, linac: Machine, db: None) -> None:
    user = person("nobody", "observer")
    user.groups.remove(Group.objects.get(name="observer"))
    log_in(client, user)
    assert client.get("/").status_code == 403
    assert "view_machine" in client.get("/").content.decode()
    assert client.get("/account/").status_code == 200


ODD = {
    "/nonsense/": 404,
    "/campaigns/999999/": 404,
    "/campaigns/99999999999999999999999/": 404,
    "/campaigns/999999/chart.json": 404,
    "/approvals/999999/": 404,
    "/machine/nonsense/": 404,
    "/assistant/999999/": 404,
    "/assistant/99999999999999999999999/": 404,
    "/assistant/shared/nonsense/": 404,
    "/assistant/memory/999999/": 404,
    "/artifacts/999999/": 404,
    "/artifacts/99999999999999999999999/": 404,
    "/artifacts/999999/content/": 404,
    "/artifacts/999999/frame/?key=nonsense": 404,
    "/assistant/?search=%00": 422,
    "/machine/demo-linac/channels/nonsense/": 404,
    "/campaigns/?page=99999999&state=nonsense&search=%ff": 200,
    "/campaigns/?search=%00": 422,
    "/campaigns/?page=-1": 200,
    "/campaigns/{campaign}/?iteration=77&page=x": 200,
    "/campaigns/{campaign}/?part=nonsense": 200,
    "/campaigns/{campaign}/chart.json?iteration=99": 404,
    "/campaigns/{campaign}/chart.json?iteration=99999999999999999999999": 404,
    "/approvals/?state=nonsense&kind=%00": 422,
    "/audit/?since=2026-13-45&page=0": 200,
    "/audit/?who=%00": 422,
    "/machine/demo-linac/channels/Q1/?span=nonsense": 200,
    "/campaigns/{campaign}/revise/": 302,
    "/campaigns/{campaign}/pause/": 302,
    "/campaigns/new/?environment=nonsense&generator=nonsense&low-Q1=x": 200,
    "/modules/demo/": 404,
    "/modules/demo/nonsense/": 404,
    "/modules/demo/reasoner/?part=nonsense": 200,
    "/modules/demo/reasoner/run/": 302,
    "/modules/demo/reasoner/tunables/?project=nonsense": 404,
    "/modules/demo/reasoner/tunables/value/": 404,
    "/modules/demo/reasoner/tunables/value/set/": 302,
    "/modules/demo/reasoner/versions/9.9.9/uninstall/": 404,
    "/modules/upload/": 302,
    "/modules/?search=%00": 422,
    "/modules/skills/?search=%00": 422,
    "/modules/skills/beam_area/text/": 302,
    "/modules/skills/beam_area/text/9/": 404,
    "/modules/skills/beam_area/text/99999999999999999999999/": 404,
    "/modules/skills/beam_area/text/1/check/": 302,
    "/modules/skills/beam_area/text/write/?from=nonsense": 200,
    "/modules/skills/beam_area/text/write/?from=9": 404,
    "/modules/skills/nonsense/text/": 404,
    "/modules/skills/nonsense/text/remove/": 404,
    "/runs/999999/": 404,
    "/runs/99999999999999999999999/": 404,
    "/runs/{run}/?page=nonsense&part=trace": 200,
    "/runs/{run}/?page=99999999999999999": 200,
    "/runs/{run}/events/999/": 404,
    "/runs/{run}/events/99999999999999999999999/": 404,
    "/runs/{run}/events/3/?end=x": 200,
    "/runs/{run}/events/3/?end=99999": 404,
    "/runs/{run}/cancel/": 302,
    "/runs/?page=-1&state=nonsense&module=nonsense": 200,
    "/runs/compare/?run=x&run=y": 422,
    "/projects/nonsense/": 404,
    "/projects/night-shift/files/nonsense.toml": 404,
    "/projects/night-shift/files/": 302,
}


def test_odd_addresses_get_an_answer_and_never_a_crash(client: Client, numbers: dict[str, int], ada: User) -> None:
    log_in(client, ada)
    answers = {page: client.get(page.format(**numbers)).status_code for page in ODD}
    assert answers == ODD
