"""A real browser takes every page as it is: the policy forbids nothing it needs, no script fails, nothing overflows."""

import json
import shutil
import subprocess
import sys

import pytest
from django.test import Client
from pytest_django.live_server_helper import LiveServer

from tests.pages.modules_world import fill
from tests.pages.test_roles import PAGES
from tests.pages.world import add_write, ask_approval, execute, give_a_say, load_linac, log_in, make_campaign
from tests.patience import patient
from tests.people import person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FILES = (".csv", ".yaml", ".json", ".toml")


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_a_browser_takes_every_page_as_it_is(live_server: LiveServer) -> None:
    load_linac()
    olga, ada = person("olga", "operator"), person("ada", "administrator")
    campaign = make_campaign(olga, state="executing")
    add_write(execute(campaign, 12))
    wished = make_campaign(olga, sentence="a much longer wish, " * 10)
    give_a_say(wished)
    waiting = ask_approval(wished)
    client = log_in(Client(), ada)
    known = {"campaign": campaign.pk, "approval": waiting.pk} | fill()
    pages = [page.format(**known) for page in PAGES if "part=" not in page and not page.endswith(FILES)]
    pages = [page for page in pages if "/parts/" not in page and "/understood/" not in page]
    pages += [f"/campaigns/{wished.pk}/{tab}" for tab in ("", "trace/")]
    pages += ["/admin/", "/admin/controls/channel/", f"/admin/optimizer/campaign/{campaign.pk}/change/"]
    command = [sys.executable, "-m", "tests.pages.visitor", live_server.url, client.cookies["xoptweb_session"].value]
    visit = subprocess.run([*command, *pages], capture_output=True, text=True, check=True, timeout=patient(110))
    assert json.loads(visit.stdout) == []
