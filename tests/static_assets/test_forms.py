"""Forms ask before they act, and act once."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser

ASKING = """<form id="f" method="post" action="/set/" data-confirm-dialog="ask">
    <input name="to" value="12.5"><button name="verb" value="set">Set…</button></form>
    <dialog id="ask"><form method="dialog"><p>Q1 goes to <b data-confirm-value="to"></b></p>
    <button value="cancel" autofocus>No</button><button value="confirm">Yes</button></form></dialog>"""
ONCE = '<form method="post" action="/act/" data-idempotent><button name="verb" value="go">Go</button></form>'


def take(route: Route, sent: list[Request], **answer: Any) -> None:
    sent.append(route.request)
    route.fulfill(**answer)


def bodies(page: Page, pattern: str) -> list[str]:
    """Collect the bodies of posts, and answer them with an empty page."""
    sent: list[str] = []

    def answer(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(body="done", content_type="text/html")

    page.route(pattern, answer)
    return sent


def test_the_dialog_says_what_will_happen_and_confirming_sends_the_form(page: Page, site: Site) -> None:
    sent = bodies(page, "**/set/")
    page.goto(site.page(ASKING, "confirm"))
    page.fill("[name=to]", "13.25")
    page.click("text=Set…")
    expect(page.locator("dialog b")).to_have_text("13.25")
    assert sent == []
    page.click("text=Yes")
    expect(page.locator("body")).to_have_text("done")
    assert sent == ["to=13.25&verb=set"]


@pytest.mark.parametrize("way", ["escape", "button", "beside"])
def test_cancelling_sends_nothing_and_gives_the_focus_back(page: Page, site: Site, way: str) -> None:
    sent = bodies(page, "**/set/")
    page.goto(site.page(ASKING, "confirm"))
    for _ in range(2):  # and the next time it asks again
        page.click("text=Set…")
        expect(page.locator("dialog")).to_be_visible()
        if way == "escape":
            page.keyboard.press("Escape")
        elif way == "button":
            page.click("text=No")
        else:
            page.mouse.click(3, 3)
        expect(page.locator("dialog")).not_to_be_visible()
    expect(page.locator("text=Set…")).to_be_focused()
    assert sent == []


def test_a_dialog_that_is_missing_stops_the_form_instead_of_skipping_the_question(
    page: Page, site: Site, wrong: list[str]
) -> None:
    sent = bodies(page, "**/set/")
    page.goto(site.page(ASKING.replace('id="ask"', 'id="another"'), "confirm"))
    page.click("text=Set…")
    page.wait_for_timeout(100)
    assert wrong == ["no dialog with the id ask"]
    assert sent == []
    wrong.clear()


def test_a_double_click_sends_a_form_once_with_its_key_and_the_pressed_button(page: Page, site: Site) -> None:
    sent: list[Request] = []
    page.route("**/act/", lambda route: take(route, sent, status=204))
    page.goto(site.page(ONCE, "idempotency"))
    page.locator("button").dblclick()
    expect(page.locator("button")).to_be_disabled()
    page.wait_for_timeout(200)
    assert len(sent) == 1
    assert re.fullmatch(r"verb=go&idempotency_key=[0-9a-f-]{36}", sent[0].post_data or "")


def test_htmx_forms_get_a_new_key_only_after_success(page: Page, site: Site) -> None:
    keys: list[str] = []
    failures = [500]

    def answer(route: Route) -> None:
        keys.append((route.request.post_data or "").rpartition("idempotency_key=")[2])
        route.fulfill(status=failures.pop() if failures else 204)

    page.route("**/act/", answer)
    page.goto(site.page(ONCE.replace("method", 'hx-post="/act/" hx-swap="none" method'), "idempotency", "notices"))
    for _ in range(3):
        with page.expect_response("**/act/"):
            page.click("[name=verb]")
        expect(page.locator("[name=verb]")).to_be_enabled()
    first, repeated, next_one = keys
    assert first == repeated != next_one
    expect(page.locator(".notice")).to_have_text(re.compile("the server answered 500"))


def test_what_the_server_says_of_a_refusal_is_told(page: Page, site: Site) -> None:
    said = '<div class="notice bad" role="alert"><p>The last question is not answered yet.</p></div>'
    page.route("**/act/", lambda route: route.fulfill(status=409, body=said, content_type="text/html; charset=utf-8"))
    page.goto(site.page(ONCE.replace("method", 'hx-post="/act/" hx-swap="none" method'), "idempotency", "notices"))
    page.click("[name=verb]")
    expect(page.locator(".notices .notice p")).to_have_text("The last question is not answered yet.")


def test_a_refresh_keeps_the_key_and_the_rest_of_a_form_that_is_under_way(page: Page, site: Site) -> None:
    part = f"""<section id="a" data-live-refresh="campaign:42:*" hx-get="/part" hx-trigger="live"
        hx-swap="morph:outerHTML"><b>{{}}</b>{ONCE}</section><i data-live-stream="campaign:42"></i>"""
    site.answers["/part"] = part.format("fresh")
    page.route("**/act/", lambda route: route.fulfill(status=204))
    page.goto(site.page(part.format(""), "morph", "live", "idempotency"))
    key = page.locator("[name=idempotency_key]").input_value()
    page.click("[name=verb]")
    site.follower().events("campaign:42", 1)
    expect(page.locator("#a b")).to_have_text("fresh")
    expect(page.locator("[name=verb]")).to_be_disabled()
    expect(page.locator("[name=idempotency_key]")).to_have_value(key)
