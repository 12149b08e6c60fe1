"""What holds for every page: the content security policy, the same part for first and later renderings, times."""

import re
from pathlib import Path

import pytest
from django.test import Client

from controls.models import Machine
from tests.pages.modules_world import fill
from tests.pages.world import log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.config import BASE_DIR
from xoptweb.live.services import publish

TEMPLATES = sorted((BASE_DIR / "templates").rglob("*.html"))
STRICT = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR / "templates")))
def test_no_template_needs_what_the_policy_forbids(path: Path) -> None:
    source = path.read_text()
    assert not re.search(r"\sstyle\s*=", source)
    assert "<style" not in source
    assert not re.search(r"\son[a-z]+=", source)
    assert "hx-on" not in source
    assert "javascript:" not in source
    assert not re.search(r"https?://(?!www\.w3\.org)", source)
    for script in re.findall(r"<script\b[^>]*>", source):
        assert "src=" in script or 'type="application/json"' in script


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(BASE_DIR / "templates")))
def test_every_form_that_changes_something_is_protected_and_acts_once(path: Path) -> None:
    for form in re.findall(r"<form\b.*?</form>", path.read_text(), re.DOTALL):
        if 'method="post"' not in form:
            continue
        assert "{% csrf_token %}" in form
        once = "idempotency_key" in form or "data-stop" in form
        assert once or path.parent.name == "accounts" or path.name == "user.html"


def test_every_answer_carries_the_strict_policy(client: Client, linac: Machine, olga: User) -> None:
    log_in(client, olga)
    for page in ("/", "/nonsense/", "/api/v1/campaigns", "/api/v1/docs", "/audit/export.csv", "/campaigns/999/"):
        assert client.get(page)["Content-Security-Policy"] == STRICT


def test_machine_state_and_stop_stand_on_pages_of_errors_too(client: Client, linac: Machine, olga: User) -> None:
    assert "data-stop" not in client.get("/nonsense/").content.decode()
    log_in(client, olga)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client.cookies
    for answer in (client.get("/nonsense/"), client.get("/campaigns/999/"), strict.post("/campaigns/new/")):
        page = answer.content.decode()
        assert answer.status_code in {403, 404}
        assert 'action="/stop/" data-stop' in page
        assert "Demo linac" in page


def test_only_the_admin_may_evaluate_and_style(client: Client, linac: Machine, ada: User) -> None:
    log_in(client, ada)
    policy = client.get("/admin/")["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval';" in policy
    assert "style-src 'self' 'unsafe-inline';" in policy
    assert "object-src 'none'" in policy


def test_the_theme_is_rendered_as_the_cookie_says(client: Client, db: None) -> None:
    assert 'data-bs-theme="dark"' in client.get("/login/").content.decode()
    client.cookies["theme"] = "light"
    assert 'data-bs-theme="light"' in client.get("/login/").content.decode()
    client.cookies["theme"] = '"><script>'
    assert 'data-bs-theme="dark"' in client.get("/login/").content.decode()


LIVE = {
    "/": {"now": "/?part=now", "machines": "/parts/machines/"},
    "/campaigns/": {"campaigns": "/campaigns/"},
    "/campaigns/{0}/": {
        part: f"/campaigns/{{0}}/?part={name}"
        for part, name in {"head": "head", "stage-rail": "rail", "side": "side", "work": "work"}.items()
    },
    "/machine/demo-linac/": {
        part: f"/machine/demo-linac/?part={name}"
        for part, name in {
            "channels": "channels", "standing": "standing", "restores": "leases", "writes": "writes",
        }.items()
    },
    "/modules/": {"modules": "/modules/"},
    "/modules/demo/reasoner/": {
        part: f"/modules/demo/reasoner/?part={part}" for part in ("head", "versions", "log", "side")
    },
    "/runs/": {"runs": "/runs/"},
    "/runs/{1}/": {
        "head": "/runs/{1}/?part=head", "answer": "/runs/{1}/?part=answer", "side": "/runs/{1}/?part=side",
        "trace-panel": "/runs/{1}/?part=trace&page=1",
    },
    "/projects/night-shift/": {
        part: f"/projects/night-shift/?part={part}" for part in ("head", "dependencies", "log")
    },
}  # fmt: skip


@pytest.mark.parametrize("page", sorted(LIVE))
def test_a_part_that_updates_alone_is_the_same_template_as_on_the_page(
    page: str, client: Client, linac: Machine, olga: User
) -> None:
    numbers = make_campaign(olga).pk, fill()["run"]
    log_in(client, olga)
    whole = client.get(page.format(*numbers)).content.decode()
    for identity, address in LIVE[page].items():
        opening = re.search(rf'<[a-z]+ [^>]*id="{identity}"[^>]*>', whole)
        assert opening is not None, identity
        assert 'hx-swap="morph:outerHTML"' in opening[0]
        assert "data-live-refresh=" in opening[0]
        source = re.search(r'hx-get="([^"]*)"', opening[0])
        assert source is not None
        assert source[1].replace("&amp;", "&") == address.format(*numbers)
        part = client.get(source[1].replace("&amp;", "&"), headers={"HX-Request": "true"})
        if identity not in {"campaigns", "modules", "runs"}:
            assert part.content.decode().lstrip().startswith(opening[0])


def test_a_page_follows_its_streams_from_the_event_it_already_shows(client: Client, linac: Machine, olga: User) -> None:
    campaign = make_campaign(olga)
    stream = f"campaign:{campaign.pk}"
    for _ in range(3):
        publish(stream, "note", {"message": "so"})
    log_in(client, olga)
    page = client.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert f'data-live-stream="{stream}" data-live-last="3"' in page
    assert 'data-live-stream="machine:demo-linac"' in page
    assert 'data-live-stream="approvals"' in page


def test_the_rail_shows_only_pages_one_may_open(client: Client, linac: Machine, vera: User) -> None:
    log_in(client, vera)
    page = client.get("/campaigns/").content.decode()
    rail = page[page.index('id="rail"') :].partition("</nav>")[0]
    assert "Audit" not in rail
    assert "Admin" not in rail
    assert '<a href="/campaigns/" class="here" aria-current="page">' in rail
    again = client.get("/parts/rail/?at=/campaigns/").content.decode()
    assert '<a href="/campaigns/" class="here" aria-current="page">' in again


def test_the_overview_says_what_to_do_when_there_is_nothing(client: Client, peter: User) -> None:
    log_in(client, peter)
    page = client.get("/").content.decode()
    assert page.count("xoptweb load FILE") == 2
