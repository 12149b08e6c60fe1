"""Theme and times, as a reader sees them."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.static_assets.site import LOOK, Site

pytestmark = pytest.mark.browser

TOGGLE = "<button data-theme-toggle>theme</button>"


def test_the_chosen_theme_is_told_to_the_server_by_a_cookie_and_kept(page: Page, site: Site) -> None:
    page.goto(site.page(TOGGLE, "theme"))
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "dark")
    page.click("button")
    expect(root).to_have_attribute("data-bs-theme", "light")
    assert {"theme": "light"}.items() <= {c["name"]: c["value"] for c in page.context.cookies()}.items()
    page.goto(f"{site.base}/page")
    expect(root).to_have_attribute("data-bs-theme", "light")


def test_times_count_by_the_servers_clock(page: Page, site: Site) -> None:
    head = '<meta name="server-time" content="2020-01-01T12:00:00Z">'
    page.goto(
        site.page(
            """<b data-countdown-to="2020-01-01T12:13:30Z"></b><u data-countdown-to="2020-01-01T11:59:59Z"></u>
            <s data-countdown-to="2020-01-01T19:12:30Z" data-countdown-prefix="armed ·"
                data-countdown-suffix="left"></s>
            <i data-elapsed-from="2020-01-01T11:58:12Z"></i>""",
            "countdown",
            head=head,
        )
    )
    expect(page.locator("b")).to_have_text("expires in 13 min")
    expect(page.locator("u")).to_have_text("expired")
    expect(page.locator("s")).to_have_text("armed · 7 h 12 min left")
    expect(page.locator("i")).to_have_text(re.compile("1 min (48|49) s"))


def test_these_tests_would_notice_a_violation_of_the_strict_policy(page: Page, site: Site, wrong: list[str]) -> None:
    page.goto(site.page('<p style="color: red">text</p>'))
    assert len(wrong) == 1
    assert "inline style" in wrong.pop()


def test_for_those_who_want_no_motion_colours_change_at_once_at_every_depth(browser: Browser, site: Site) -> None:
    page = browser.new_page(reduced_motion="reduce")
    page.goto(site.page(f"{'<div>' * 20}<b id='deep'>text</b>{'</div>' * 20}", head=LOOK))
    color = "getComputedStyle(document.getElementById('deep')).color"
    assert page.evaluate(f"() => {color}") == "rgb(219, 228, 234)"
    after = page.evaluate(f"() => {{ document.documentElement.dataset.bsTheme = 'light'; return {color} }}")
    page.close()
    assert after == "rgb(23, 33, 42)"
