"""The audit log as a page and as a file."""

import csv
import io

from django.test import Client

from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.services import record


def test_filters_narrow_the_page_and_the_file_alike(client: Client, peter: User, olga: User) -> None:
    log_in(client, peter)
    record(Actor(user=olga), "thing.done", peter, before={"a": 1}, after={"a": "=1+1\u202e"}, label="a thing")
    for query in ("search=a+thing", "who=olga", "action=thing.done", f"target=accounts.user:{peter.pk}&who=olga"):
        page = client.get(f"/audit/?{query}").content.decode()
        assert page.count('<tr class="from-top">') == 1
        lines = client.get(f"/audit/export.csv?{query}").getvalue().decode()
        assert [row["action"] for row in csv.DictReader(io.StringIO(lines))] == ["thing.done"]
    assert "\\u202e" in client.get("/audit/?who=olga").content.decode()


def test_days_are_taken_whole(client: Client, peter: User) -> None:
    log_in(client, peter)
    assert client.get("/audit/?until=2001-01-01").content.decode().count('<tr class="from-top">') == 0
    assert client.get("/audit/?since=2001-01-01&until=2101-01-01").content.decode().count('<tr class="from-top">') == 1
