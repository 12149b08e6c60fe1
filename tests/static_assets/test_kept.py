"""What was typed before a form could not be acted on is put back where it was typed."""

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import Site

pytestmark = pytest.mark.browser

FORM = """<form method="post" action="/remember/"><input name="method" value=""><textarea name="text"></textarea>
    <select name="scope"><option value="mine">mine</option><option value="all">all</option></select>
    <input type="checkbox" name="tool" value="a" checked><input type="checkbox" name="tool" value="b">
    <input type="hidden" name="idempotency_key" value="fresh"><button name="go" value="1">Go</button></form>"""
STEPS = "".join(
    f'<details id="step-{number}"><summary>Edit</summary><form method="post" action="/plan/">'
    f'<input type="hidden" name="task" value="{number}"><input name="text" value="step"></form></details>'
    for number in (1, 2)
)


def kept(action: str, *fields: tuple[str, str]) -> str:
    areas = "".join(f'<textarea name="{name}">\n{value}</textarea>' for name, value in fields)
    return f'<template data-kept="{action}">{areas}</template>'


def test_every_field_holds_again_what_was_typed_and_the_page_says_that_it_was_not_sent(page: Page, site: Site) -> None:
    typed = (("text", "\ntwo\nlines"), ("scope", "all"), ("tool", "b"), ("method", "x"), ("go", "1"))
    page.goto(site.page(FORM + kept("/remember/", *typed), "kept"))
    expect(page.locator(".notices")).to_contain_text("It was not sent.")
    expect(page.locator("[name=text]")).to_have_value("\ntwo\nlines")
    expect(page.locator("select")).to_have_value("all")
    expect(page.locator("[value=a]")).not_to_be_checked()
    expect(page.locator("[value=b]")).to_be_checked()
    expect(page.locator("[name=method]")).to_have_value("x")
    expect(page.locator("[name=idempotency_key]")).to_have_value("fresh")


def test_of_forms_with_one_action_the_one_that_was_sent_is_filled_and_unfolded(page: Page, site: Site) -> None:
    page.goto(site.page(STEPS + kept("/plan/", ("task", "2"), ("text", "look at the gun")), "kept"))
    expect(page.locator("#step-2 [name=text]")).to_have_value("look at the gun")
    expect(page.locator("#step-2 [name=text]")).to_be_focused()
    expect(page.locator("#step-1 [name=text]")).to_have_value("step")


def test_what_was_changed_in_the_meantime_is_still_noticed_by_what_the_form_had_seen(page: Page, site: Site) -> None:
    form = '<form method="post" action="/set/"><input type="hidden" name="seen" value="8"><input name="value"></form>'
    page.goto(site.page(form + kept("/set/", ("seen", "7"), ("value", "12")), "kept"))
    expect(page.locator("[name=value]")).to_have_value("12")
    expect(page.locator("[name=seen]")).to_have_value("7")


@pytest.mark.parametrize(("action", "name"), [("/elsewhere/", "text"), ("/remember/", "colour"), ("/plan/", "text")])
def test_what_fits_no_form_changes_nothing(page: Page, site: Site, action: str, name: str) -> None:
    page.goto(site.page(FORM + STEPS + kept(action, (name, "typed"), ("task", "9")), "kept"))
    values = page.evaluate("[...document.querySelectorAll('[name=text]')].map((each) => each.value)")
    assert values == ["", "step", "step"]
    expect(page.locator(".notices > *")).to_have_count(0)
