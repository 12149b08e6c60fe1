"""What a model writes appears while it writes, once, whatever comes twice or in another order."""

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser

DRAFT = """<i data-live-topic="draft:3"></i><div id="turns"><div data-draft="7.0" id="d0">The </div></div>
    <form data-ask hx-get="/asked" hx-target="#turns" hx-swap="morph:outerHTML">
    <textarea name="text"></textarea></form>"""


def test_pieces_are_put_together_in_their_order_and_repetitions_passed_over(page: Page, site: Site) -> None:
    page.goto(site.page(DRAFT, "live", "assistant"))
    follower = site.follower()
    draft = page.locator("#d0")
    follower.send(type="values", topic="draft:3", values={"7.0.10": " hums", "7.0.4": "magnet"})
    expect(draft).to_have_text("The magnet hums")
    follower.send(type="values", topic="draft:3", values={"7.0.0": "The magnet hu", "7.0.4": "magnet"})
    follower.send(type="values", topic="draft:3", values={"7.0.15": " 🧲", "7.0.17": "."})
    expect(draft).to_have_text("The magnet hums 🧲.")
    follower.send(type="values", topic="draft:3", values={"7.0.0": "The magnet hums 🧲. It does."})
    expect(draft).to_have_text("The magnet hums 🧲. It does.")


def test_the_next_step_begins_anew_even_when_its_place_comes_later(page: Page, site: Site) -> None:
    page.goto(site.page(DRAFT, "live", "assistant"))
    site.answers["/asked"] = '<div id="turns"><div data-draft="7.1" id="d1"></div></div>'
    follower = site.follower()
    follower.send(type="values", topic="draft:3", values={"7.1.0": "Second <b>step</b>"})
    page.locator("textarea").fill("well?")
    page.locator("textarea").press("Enter")
    expect(page.locator("#d1")).to_have_text("Second <b>step</b>")
    expect(page.locator("textarea")).to_have_value("")


def test_shift_and_enter_begin_a_new_line(page: Page, site: Site) -> None:
    page.goto(site.page(DRAFT, "live", "assistant"))
    page.locator("textarea").fill("one")
    page.locator("textarea").press("Shift+Enter")
    page.locator("textarea").press_sequentially("two")
    expect(page.locator("textarea")).to_have_value("one\ntwo")
    assert "/asked" not in site.asked
