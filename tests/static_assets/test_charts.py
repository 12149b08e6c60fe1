"""The campaign's charts: drawn from JSON, grown by events, told in words."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.static_assets.site import LOOK, Site

pytestmark = pytest.mark.browser

SHEETS = '<link rel="stylesheet" href="/static/vendor/uplot/uPlot.min.css">' + LOOK
CHARTS = """<i data-live-stream="campaign:42" data-live-last="0"></i>
    <section class="panel"><header><span data-chart-key></span></header>
    <div data-chart="objective" data-source="/chart.json" data-stream="campaign:42"
        data-log="true" data-units="µm" data-direction="{}"></div>
    <div data-chart="variables" data-source="/chart.json" data-stream="campaign:42"></div></section>"""


def evaluation(
    n: int, objective: float | None, outcome: str = "confirmed", *, feasible: bool = True
) -> dict[str, object]:
    return {
        "n": n,
        "objective": objective,
        "feasible": feasible,
        "outcome": outcome,
        "variables": {"Q1": 0.4, "Q2": 0.6},
    }


def chart(*evaluations: dict[str, object], budget: int = 60) -> str:
    names = [{"name": "Q1"}, {"name": "Q2"}]
    columns: dict[str, object] = {
        key: [each[key] for each in evaluations] for key in ("n", "objective", "feasible", "outcome")
    }
    columns["variables"] = {"Q1": [0.4 for _ in evaluations], "Q2": [0.6 for _ in evaluations]}
    return json.dumps(
        {"evaluations": columns, "baseline": {"value": 371, "err": 9}, "budget": budget, "variables": names}
    )


def test_a_chart_says_in_words_what_it_shows_and_grows_with_events(page: Page, site: Site) -> None:
    site.answers["/chart.json"] = chart(evaluation(1, 300.0), evaluation(2, None, "refused"), evaluation(3, 120.0))
    page.goto(site.page(CHARTS.format("minimize"), "live", "charts", head=SHEETS))
    objective = page.locator("[data-chart=objective]")
    expect(objective).to_have_role("img")
    expect(objective).to_have_attribute(
        "aria-label", "3 evaluations, best 120 µm, baseline 371 µm, 1 refused or failed"
    )
    follower = site.follower()
    follower.events("campaign:42", 1, payload=evaluation(4, None, "measuring"))
    follower.events("campaign:42", 2, payload=evaluation(4, 61.3))
    follower.events("campaign:42", 3, payload=evaluation(5, 10.0, feasible=False))
    expect(objective).to_have_attribute(
        "aria-label", "5 evaluations, best 61.3 µm, baseline 371 µm, 1 refused or failed"
    )
    assert site.asked.count("/chart.json") == 1
    expect(page.locator("[data-chart-key]")).to_have_text("Q1Q2")


def test_the_largest_value_is_best_where_the_campaign_maximizes(page: Page, site: Site) -> None:
    site.answers["/chart.json"] = chart(evaluation(1, 3.0), evaluation(2, -120.0))
    page.goto(site.page(CHARTS.format("MAXIMIZE"), "charts", head=SHEETS))
    label = "2 evaluations, best 3 µm, baseline 371 µm"
    expect(page.locator("[data-chart=objective]")).to_have_attribute("aria-label", label)


def test_a_chart_follows_the_theme_and_its_size(page: Page, site: Site) -> None:
    site.answers["/chart.json"] = chart(*(evaluation(n, 300.0 / n) for n in range(1, 40)))
    page.goto(site.page(CHARTS.format("minimize"), "theme", "charts", head=SHEETS))
    canvas = page.locator("[data-chart=objective] canvas")
    expect(canvas).to_be_visible()
    dark = canvas.screenshot()
    page.evaluate("document.documentElement.dataset.bsTheme = 'light'")
    page.wait_for_timeout(50)
    assert canvas.screenshot() != dark
    page.set_viewport_size({"width": 500, "height": 800})
    page.wait_for_function("() => document.querySelector('[data-chart=objective] canvas').clientWidth <= 500")


def test_a_chart_that_cannot_be_loaded_says_so(page: Page, site: Site) -> None:
    page.goto(site.page(CHARTS.format("minimize"), "charts", head=SHEETS))
    expect(page.locator("[data-chart=objective]")).to_contain_text("could not be loaded: the server answered 404")


def test_a_chart_that_could_not_be_loaded_is_drawn_when_the_connection_is_back(page: Page, site: Site) -> None:
    page.goto(site.page(CHARTS.format("minimize"), "charts", head=SHEETS))
    expect(page.locator("[data-chart=objective]")).to_contain_text("could not be loaded")
    expect(page.locator("[data-chart=variables]")).to_contain_text("could not be loaded")
    site.answers["/chart.json"] = chart(evaluation(1, 300.0))
    page.evaluate("document.dispatchEvent(new CustomEvent('live:resync'))")
    expect(page.locator("[data-chart=objective] canvas")).to_be_visible()
    expect(page.locator("[data-chart=variables] canvas")).to_be_visible()


def test_ten_thousand_evaluations_are_drawn_and_two_hundred_more_follow(page: Page, site: Site) -> None:
    many = (evaluation(n, 300.0 + n % 97) for n in range(1, 10_001))
    site.answers["/chart.json"] = chart(*many, budget=12_000)
    page.goto(site.page(CHARTS.format("minimize"), "live", "charts", head=SHEETS))
    objective = page.locator("[data-chart=objective]")
    expect(objective).to_have_attribute("aria-label", "10000 evaluations, best 300 µm, baseline 371 µm")
    follower = site.follower()
    for n in range(1, 201):
        follower.events("campaign:42", n, payload=evaluation(10_000 + n, 250.0))
    expect(objective).to_have_attribute("aria-label", "10200 evaluations, best 250 µm, baseline 371 µm")
