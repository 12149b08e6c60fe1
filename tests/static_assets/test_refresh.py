"""Parts of a page are fetched anew when an event concerns them: soon, not too often, and once more at the end."""

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser


def part(name: str, concerns: str, inside: str = "") -> str:
    return f"""<section id="{name}" data-live-refresh="{concerns}" hx-get="/part/{name}" hx-trigger="live"
        hx-swap="morph:outerHTML">{inside}</section>"""


STREAM = '<i data-live-stream="campaign:42" data-live-last="0"></i>'


def count(site: Site, name: str) -> int:
    return site.asked.count(f"/part/{name}")


def test_a_part_is_fetched_only_for_the_kinds_of_event_it_names(page: Page, site: Site) -> None:
    for name in ("chosen", "all", "other"):
        site.answers[f"/part/{name}"] = part(name, "campaign:42:*", "fresh")
    parts = part("chosen", "approvals:* campaign:42:stage,pause") + part("all", "campaign:42:*")
    page.goto(site.page(STREAM + parts + part("other", "campaign:42:evaluation campaign:4:stage"), "morph", "live"))
    site.follower().events("campaign:42", 1, kind="stage")
    expect(page.locator("#chosen")).to_have_text("fresh")
    expect(page.locator("#all")).to_have_text("fresh")
    assert count(site, "other") == 0


def test_a_burst_is_one_fetch_at_once_and_one_at_its_end(page: Page, site: Site) -> None:
    site.answers["/part/a"] = part("a", "campaign:42:*", "fresh")
    page.goto(site.page(STREAM + part("a", "campaign:42:*"), "morph", "live"))
    follower = site.follower()
    for n in range(1, 21):
        follower.events("campaign:42", n)
    page.wait_for_timeout(800)
    assert count(site, "a") in (2, 3)  # three where the burst itself took longer than the pause


def test_a_part_inside_another_does_not_wake_the_outer_one(page: Page, site: Site) -> None:
    site.answers["/part/inner"] = part("inner", "campaign:42:*", "fresh")
    page.goto(site.page(STREAM + part("outer", "approvals:*", part("inner", "campaign:42:*")), "morph", "live"))
    site.follower().events("campaign:42", 1)
    expect(page.locator("#inner")).to_have_text("fresh")
    assert count(site, "outer") == 0


def test_every_part_is_fetched_once_after_a_reconnect(page: Page, site: Site) -> None:
    for name in ("a", "b"):
        site.answers[f"/part/{name}"] = part(name, "campaign:42:stage", "fresh")
    page.goto(site.page(STREAM + part("a", "campaign:42:stage") + part("b", "campaign:42:stage"), "morph", "live"))
    site.follower().connection.close()
    site.follower()
    expect(page.locator("#a")).to_have_text("fresh")
    expect(page.locator("#b")).to_have_text("fresh")
    assert (count(site, "a"), count(site, "b")) == (1, 1)


def test_a_fetch_that_failed_is_shown_and_tried_again(timed_page: Page, site: Site) -> None:
    page = timed_page
    site.answers["/part/a"] = part("a", "campaign:42:*", "fresh")
    page.goto(site.page(STREAM + part("a", "campaign:42:*"), "morph", "live", "notices"))
    page.route("**/part/a", lambda route: route.abort())
    site.follower().events("campaign:42", 1)
    expect(page.locator("#a.refresh-failed")).to_have_count(1)
    page.unroute("**/part/a")
    page.clock.run_for(2000)
    expect(page.locator("#a")).to_have_text("fresh")
    expect(page.locator("#a.refresh-failed")).to_have_count(0)
    expect(page.locator(".notice")).to_have_count(0)


def test_being_signed_out_is_said_once_and_leaves_the_page_as_it_was(page: Page, site: Site) -> None:
    parts = part("a", "campaign:42:*", "before") + part("b", "campaign:42:*", "before")
    page.goto(site.page(STREAM + parts, "morph", "live", "notices"))
    page.route("**/part/*", lambda route: route.fulfill(status=401, body="You are signed out."))
    site.follower().events("campaign:42", 1)
    expect(page.locator(".refresh-failed")).to_have_count(2)
    expect(page.locator(".notice")).to_have_count(1)
    expect(page.locator(".notice")).to_contain_text("you are signed out; reload the page to log in")
    expect(page.locator("#a")).to_have_text("before")


def test_what_a_person_typed_or_opened_survives_a_refresh(page: Page, site: Site) -> None:
    inside = """<p>{text}</p><form><input id="r" name="reason" value="{typed}">
        <select name="s"><option>one<option>two</select></form>
        <details id="d"><summary>more</summary>text</details>"""
    site.answers["/part/a"] = part("a", "campaign:42:*", inside.format(text="fresh", typed="server"))
    page.goto(site.page(STREAM + part("a", "campaign:42:*", inside.format(text="", typed="")), "morph", "live"))
    page.fill("#r", "too risky")
    page.select_option("select", "two")
    page.click("summary")
    site.follower().events("campaign:42", 1)
    expect(page.locator("#a p")).to_have_text("fresh")
    expect(page.locator("#r")).to_have_value("too risky")
    expect(page.locator("select")).to_have_value("two")
    expect(page.locator("#d")).to_have_attribute("open", "")
