"""live.js follows the server: nothing lost, nothing twice, nothing sent."""

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser

FOLLOWING = """<div data-live-stream="campaign:42" data-live-last="17"></div>
    <div data-live-topic="values:demo-linac"></div>
    <span data-live-state></span><p id="x"></p>"""
RECORD = """() => {
    window.seen = []; window.states = []; window.resyncs = 0;
    document.addEventListener("live:event", (e) => window.seen.push(e.detail.n));
    document.addEventListener("live:state", (e) => window.states.push(e.detail.state));
    document.addEventListener("live:resync", () => (window.resyncs += 1));
}"""


def recorded(page: Page, site: Site) -> None:
    """Open the page, wait until it is connected, and record what it is told from now on."""
    page.goto(site.page(FOLLOWING, "live"))
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    page.evaluate(RECORD)


def seen(page: Page, count: int) -> list[int]:
    page.wait_for_function("count => window.seen.length >= count", arg=count)
    numbers: list[int] = page.evaluate("window.seen")
    return numbers


def test_the_connection_asks_for_what_the_page_follows_from_its_last_number_on(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING + '<i data-live-stream="approvals" data-live-last="3"></i>', "live"))
    assert site.follower().query == {"s": ["campaign:42@17", "approvals@3"], "t": ["values:demo-linac"]}
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    expect(page.locator("[data-live-state]")).to_have_text("live")


def test_what_the_page_no_longer_shows_is_not_asked_for_any_more(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING + '<i id="called" data-live-stream="run:7" data-live-last="3"></i>', "live"))
    assert site.follower().query["s"] == ["campaign:42@17", "run:7@3"]
    other = '<i data-live-stream="run:8" data-live-last="0"></i>'
    page.evaluate("other => (document.getElementById('called').outerHTML = other)", other)
    page.evaluate("document.dispatchEvent(new Event('htmx:afterSettle'))")
    assert site.follower().query["s"] == ["campaign:42@17", "run:8@0"]


def test_an_event_that_comes_twice_is_told_once(page: Page, site: Site) -> None:
    recorded(page, site)
    follower = site.follower()
    follower.events("campaign:42", 16, 17, 18)
    follower.events("campaign:42", 18, 19)
    assert seen(page, 2) == [18, 19]


def test_a_gap_makes_it_ask_again_from_its_last_number(page: Page, site: Site) -> None:
    recorded(page, site)
    follower = site.follower()
    follower.events("campaign:42", 18, 21)
    again = site.follower()
    assert again.query["s"] == ["campaign:42@18"]
    again.events("campaign:42", 19, 20, 21, 22)
    assert seen(page, 5) == [18, 19, 20, 21, 22]


def test_a_gap_that_the_server_cannot_fill_does_not_make_it_ask_for_ever(page: Page, site: Site) -> None:
    recorded(page, site)
    site.follower().events("campaign:42", 30)
    site.follower().events("campaign:42", 30, 31)
    assert seen(page, 2) == [30, 31]


def test_a_last_event_that_got_lost_is_asked_for_when_the_server_says_where_it_is(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING, "live"))
    site.follower().send(type="caught_up", stream="campaign:42", last=18)
    assert site.follower().query["s"] == ["campaign:42@17"]


def test_a_server_whose_history_became_shorter_is_followed_from_there(page: Page, site: Site) -> None:
    recorded(page, site)
    follower = site.follower()
    follower.send(type="caught_up", stream="campaign:42", last=3)
    follower.events("campaign:42", 4)
    assert seen(page, 1) == [4]
    assert page.evaluate("window.resyncs") == 1


def test_it_comes_back_when_the_connection_breaks_and_says_so_meanwhile(page: Page, site: Site) -> None:
    recorded(page, site)
    follower = site.follower()
    follower.events("campaign:42", 18)
    follower.connection.close()
    assert site.follower().query["s"] == ["campaign:42@18"]
    expect(page.locator("body")).to_have_attribute("data-live", "connected")
    assert page.evaluate("window.states") == ["reconnecting", "connected"]


def test_an_announced_sign_of_life_that_stays_away_counts_as_a_broken_connection(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING, "live"))
    site.follower().send(type="alive", every=0.1)
    assert site.follower().query["s"] == ["campaign:42@17"]


def test_what_is_denied_is_not_asked_for_again(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING, "live"))
    follower = site.follower()
    follower.send(type="denied", stream="campaign:42")
    follower.connection.close()
    assert "s" not in site.follower().query


def test_a_session_that_ended_is_not_tried_again(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING, "live"))
    site.follower().connection.close(4401, "signed out")
    expect(page.locator("[data-live-state]")).to_have_text("not live: signed out")
    expect(page.locator("body")).to_have_attribute("data-live", "offline")
    page.wait_for_timeout(600)
    assert len(site.present) == 1


def test_nothing_is_ever_sent(page: Page, site: Site) -> None:
    page.goto(site.page(FOLLOWING, "live"))
    follower = site.follower()
    follower.events("campaign:42", 18, 19, 25)
    again = site.follower()
    assert follower.received == again.received == []


def test_a_page_that_follows_nothing_makes_no_connection(page: Page, site: Site) -> None:
    page.goto(site.page("<p></p>", "live"))
    page.wait_for_timeout(200)
    assert site.present == []
