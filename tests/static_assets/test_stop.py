"""STOP says what became of it, in every case."""

from typing import Any

import pytest
from playwright.sync_api import Page, Request, Route, expect

from tests.static_assets.site import LOOK, Site

pytestmark = pytest.mark.browser

STOP = """<form id="stop" method="post" action="/stop/" data-stop>
    <input type="hidden" name="csrfmiddlewaretoken" value="token">
    <button class="btn btn-stop">STOP</button></form><div class="stop-result" data-stop-result role="alert"></div>"""
DONE = {"message": "Stopped 1 execution.", "stopped": ["campaign 42"]}


def lose(route: Route, attempts: list[Route]) -> None:
    attempts.append(route)
    route.abort()


def pressed(page: Page, site: Site) -> None:
    page.goto(site.page(STOP, "stop"))
    page.click(".btn-stop")


def test_the_servers_answer_is_shown_and_the_request_carries_token_and_key(page: Page, site: Site) -> None:
    requests: list[Request] = []

    def accept(route: Route) -> None:
        requests.append(route.request)
        route.fulfill(json=DONE)

    page.route("**/stop/", accept)
    pressed(page, site)
    expect(page.get_by_role("alert")).to_contain_text("Stopped 1 execution.")
    expect(page.get_by_role("alert").locator("li")).to_have_text("campaign 42")
    headers = requests[0].headers
    assert headers["x-csrftoken"] == "token"
    assert len(headers["idempotency-key"]) == 36


def test_a_page_from_before_another_login_sends_the_token_of_now(page: Page, site: Site) -> None:
    requests: list[Request] = []

    def accept(route: Route) -> None:
        requests.append(route.request)
        route.fulfill(json=DONE)

    page.route("**/stop/", accept)
    page.goto(site.page(STOP, "stop"))
    page.evaluate("document.cookie = 'xoptweb_csrf=of_now'")
    page.click(".btn-stop")
    expect(page.get_by_role("alert")).to_contain_text("Stopped 1 execution.")
    page.context.clear_cookies()
    assert requests[0].headers["x-csrftoken"] == "of_now"
    assert b"of_now" in (requests[0].post_data_buffer or b"")


def test_a_request_that_got_lost_is_repeated_with_the_same_key(page: Page, site: Site) -> None:
    keys: list[str] = []

    def lose_the_first(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort() if len(keys) == 1 else route.fulfill(json=DONE)

    page.route("**/stop/", lose_the_first)
    pressed(page, site)
    expect(page.get_by_role("alert")).to_contain_text("STOP was not delivered yet")
    expect(page.get_by_role("alert")).to_contain_text("Stopped 1 execution.")
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_stop_that_never_arrives_says_so_in_red_and_what_to_do(timed_page: Page, site: Site) -> None:
    page = timed_page
    attempts: list[Route] = []
    page.route("**/stop/", lambda route: lose(route, attempts))
    pressed(page, site)
    result = page.locator(".stop-result.bad")
    for attempt in range(2, 5):
        expect(result).to_contain_text(
            f"STOP was not delivered yet: the server cannot be reached. Trying again ({attempt}"
        )
        page.clock.run_for(2000)
    expect(result).to_contain_text("STOP was NOT delivered: the server cannot be reached.")
    expect(result.locator("code")).to_have_text("xoptweb stop")
    assert len(attempts) == 4


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": 403, "json": {"message": "Your role may not stop."}}, "Your role may not stop."),
        ({"status": 302, "headers": {"Location": "/login/"}}, "the server asked to sign in first"),
        ({"status": 404, "body": "<h1>no</h1>"}, "the server answered 404"),
    ],
    ids=["refused", "signed out", "no such page"],
)
def test_a_refusal_is_not_repeated_and_is_no_success(
    page: Page, site: Site, answer: dict[str, Any], words: str
) -> None:
    attempts: list[Route] = []

    def refuse(route: Route) -> None:
        attempts.append(route)
        route.fulfill(**answer)

    page.route("**/stop/", refuse)
    pressed(page, site)
    expect(page.locator(".stop-result.bad")).to_contain_text("STOP was NOT delivered: " + words)
    assert len(attempts) == 1


def test_an_answer_that_is_no_answer_to_stop_is_not_taken_for_success(page: Page, site: Site) -> None:
    page.route("**/stop/", lambda route: route.fulfill(status=200, body="<h1>Welcome</h1>"))
    pressed(page, site)
    expect(page.locator(".stop-result.bad")).to_contain_text("STOP was not delivered yet: the server answered 200")


def test_stop_works_without_scripts(site: Site, page: Page) -> None:
    site.answers["/stop/"] = "stopped"
    page.route("**/stop.js", lambda route: route.abort())
    page.route("**/stop/", lambda route: route.fulfill(body="stopped", content_type="text/html"))
    pressed(page, site)
    expect(page.locator("body")).to_have_text("stopped")


def test_stop_is_within_reach_in_a_dialog_and_closes_it(page: Page, site: Site) -> None:
    ask = """<form id="f" method="post" action="/restore/" data-confirm-dialog="ask"><button>Restore…</button></form>
        <dialog id="ask"><form method="dialog">
        <div class="dialog-head">Restore?</div><button value="confirm">Yes</button></form></dialog>"""
    page.route("**/stop/", lambda route: route.fulfill(json=DONE))
    page.goto(site.page(STOP + ask, "confirm", "stop"))
    page.click("text=Restore…")
    page.click("dialog .btn-stop")
    expect(page.get_by_role("alert")).to_contain_text("Stopped 1 execution.")
    expect(page.locator("dialog")).not_to_be_visible()
    assert "/restore/" not in site.asked


@pytest.mark.parametrize("width", [360, 1440])
def test_stop_is_in_sight_on_a_phone_and_on_a_wall(page: Page, site: Site, width: int) -> None:
    pill = '<span class="pill">a machine with a long name</span>'
    shell = f"""<div class="shell"><div class="top"><div class="bar">
        <div class="bar-state">{8 * pill}</div>{STOP}</div></div>
        <nav class="rail">{12 * '<a href="#">Place</a>'}</nav><main class="page">{80 * "<p>text</p>"}</main></div>"""
    page.set_viewport_size({"width": width, "height": 700})
    page.goto(site.page(shell, "stop", head=LOOK))
    page.mouse.wheel(0, 2000)
    expect(page.locator(".btn-stop")).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
