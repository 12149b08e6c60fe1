"""Channel values appear where the page shows them, and an old value looks old."""

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser

VALUES = """<i data-live-topic="values:demo"></i><span id="v" data-channel="LI01:Q1">1.000</span>
    <span id="twin" data-channel="LI01:Q1"></span>
    <svg class="range" data-channel="LI01:Q1" data-low="-30" data-high="30"><rect class="now" x="0%"/></svg>"""


def value(number: float | None, text: str, *, stale: bool = False, severity: int = 0) -> dict[str, object]:
    return {"LI01:Q1": {"v": number, "text": text, "stale": stale, "severity": severity, "ts": 1767225600.0}}


def test_a_value_reaches_every_place_that_shows_it_and_moves_the_tick(page: Page, site: Site) -> None:
    page.goto(site.page(VALUES, "live", "values"))
    site.follower().send(type="values", topic="values:demo", values=value(15.0, "15.000"))
    expect(page.locator("#v")).to_have_text("15.000")
    expect(page.locator("#twin")).to_have_text("15.000")
    expect(page.locator(".now")).to_have_attribute("x", "75%")


def test_a_stale_value_looks_stale_and_its_title_tells_the_age(page: Page, site: Site) -> None:
    page.goto(site.page(VALUES, "live", "values"))
    follower = site.follower()
    follower.send(type="values", topic="values:demo", values=value(1.0, "1.000", stale=True, severity=2))
    expect(page.locator("#v")).to_have_class("stale")
    expect(page.locator("#v")).to_have_attribute("data-severity", "2")
    title = page.locator("#v").get_attribute("title") or ""
    assert title.startswith("old value, major alarm, from ")
    assert title.endswith(" s ago")
    follower.send(type="values", topic="values:demo", values=value(2.0, "2.000"))
    expect(page.locator("#v")).not_to_have_class("stale")


def test_a_channel_without_a_value_shows_a_dash_and_a_tick_outside_the_limits_stays_at_the_edge(
    page: Page, site: Site
) -> None:
    page.goto(site.page(VALUES, "live", "values"))
    follower = site.follower()
    follower.send(type="values", topic="values:demo", values=value(40.0, "40.000"))
    expect(page.locator("svg.range.outside .now")).to_have_attribute("x", "100%")
    follower.send(type="values", topic="values:demo", values=value(None, ""))
    expect(page.locator("#v.stale")).to_have_text("—")


def test_a_refresh_does_not_bring_an_older_value_back(page: Page, site: Site) -> None:
    part = """<section id="a" data-live-refresh="campaign:42:*" hx-get="/part" hx-trigger="live"
        hx-swap="morph:outerHTML"><b>{}</b><span id="p" data-channel="LI01:Q1">0.000</span></section>
        <i data-live-stream="campaign:42"></i>"""
    site.answers["/part"] = part.format("fresh")
    page.goto(site.page(VALUES + part.format(""), "morph", "live", "values"))
    follower = site.follower()
    follower.send(type="values", topic="values:demo", values=value(15.0, "15.000"))
    follower.events("campaign:42", 1)
    expect(page.locator("#a b")).to_have_text("fresh")
    expect(page.locator("#p")).to_have_text("15.000")
