"""Without a login there is nothing to see, and what is on the screen stays as it is."""

import re

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils.html import escape

from tests.pages.world import log_in
from xoptweb.accounts.models import User

pytestmark = pytest.mark.django_db


def test_a_page_leads_to_the_login(client: Client) -> None:
    answer = client.get("/campaigns/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=/campaigns/"


@pytest.mark.parametrize("part", ["/parts/machines/", "/parts/rail/", "/campaigns/"])
def test_a_part_of_a_page_is_never_replaced_by_the_login_page(client: Client, part: str) -> None:
    answer = client.get(part, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert b"<form" not in answer.content


def test_what_an_open_page_sends_after_the_login_has_ended_leads_to_the_login_and_back(
    client: Client, olga: User
) -> None:
    page = "http://testserver/assistant/7/?before=3"
    away = client.post("/assistant/7/ask/", {"text": "why?"}, headers={"HX-Request": "true", "HX-Current-URL": page})
    assert (away.status_code, away.headers["HX-Redirect"]) == (204, "/login/?next=/assistant/7/%3Fbefore%3D3")


PAGE = "/assistant/memory/"


def type_after_the_login_of(client: Client, user: User, typed: dict[str, str]) -> None:
    """Their login ends while they type, and they send what they typed."""
    log_in(client, user)
    Session.objects.all().delete()
    client.post(PAGE, typed, headers={"Referer": f"http://testserver{PAGE}"})


def test_what_was_typed_comes_back_once_on_the_page_it_was_typed_on(client: Client, peter: User) -> None:
    page, text = PAGE, "\n<b>Q3 & Q4</b> were swapped"
    typed = {"text": text, "scope": "mine", "machine": "", "idempotency_key": "one", "password": "secret"}
    type_after_the_login_of(client, peter, typed)
    assert "data-kept" not in log_in(client, peter).get("/campaigns/").content.decode()
    assert "data-kept" not in client.get(page, headers={"HX-Request": "true"}).content.decode()
    shown = client.get(page).content.decode()
    (kept,) = re.findall(r'<template data-kept="/assistant/memory/">(.*?)</template>', shown, re.DOTALL)
    fields = dict(re.findall(r'<textarea name="(\w+)">\n(.*?)</textarea>', kept, re.DOTALL))
    assert fields == {"text": escape(text), "scope": "mine", "machine": ""}
    assert "data-kept" not in client.get(page).content.decode()


def test_the_next_to_log_in_at_the_same_console_does_not_see_what_another_typed(
    client: Client, peter: User, olga: User
) -> None:
    type_after_the_login_of(client, peter, {"text": "between us", "scope": "mine"})
    log_in(client, olga)
    assert "between us" not in client.get(PAGE).content.decode()
    assert "data-kept" not in log_in(client, peter).get(PAGE).content.decode()


def test_what_a_browser_typed_in_which_nobody_logged_in_is_nobodys(client: Client, peter: User) -> None:
    client.post(PAGE, {"text": "whose?", "scope": "mine"}, headers={"Referer": f"http://testserver{PAGE}"})
    assert "whose?" not in log_in(client, peter).get(PAGE).content.decode()
