"""The list with 5 000 campaigns, and one campaign with 10 000 evaluations: what the server takes, and how it asks."""

import http.client
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from bench import seeding
from bench.browser import Browser
from bench.campaigns import Campaigns
from bench.figures import Figure, median, milliseconds, quantile
from bench.rivals.plain import plain
from bench.world import PASSWORD, World, world

if TYPE_CHECKING:
    from optimizer.models import Campaign

CAMPAIGNS, EACH, EVALUATIONS = 5_000, 10, 10_000
FEW_CAMPAIGNS, FEW_EVALUATIONS = 60, 100  # more than one page of each, so that all of the page is there
REQUESTS, WARM_UP = 100, 5
AT_MOST_MS, CSV_MS = 100.0, 1000.0
ANALYSIS_S = 5.0
AGAINST = "plain Django table"


def measure(directory: Path) -> list[Figure]:
    with world(directory, XOPTWEB_ROLE="web") as here:
        long = _made(here, 20)
        seeding.campaigns(_made(here, 5), FEW_CAMPAIGNS, EACH)
        seeding.more_evaluations(Campaigns.execution(long), FEW_EVALUATIONS)
        paths = {"list": "/campaigns/", "detail": f"/campaigns/{long.pk}/", "chart": f"/campaigns/{long.pk}/chart.json"}
        few = {name: _queries(path) for name, path in paths.items()}
        seeding.campaigns(_made(here, 5), CAMPAIGNS, EACH)
        seeding.more_evaluations(Campaigns.execution(long), EVALUATIONS)
        many = {name: _queries(path) for name, path in paths.items()}
        browser = Browser(here.address, "olga", PASSWORD)
        ours = {name: _times(lambda path: browser.get(path).status, path) for name, path in paths.items()}
        csv = _times(lambda path: browser.get(path).status, f"/campaigns/{long.pk}/evaluations.csv")
        analysis = _analysed(long)
        with plain({}) as tables:
            get = _asking(tables.port)
            theirs = {name: _times(get, path) for name, path in paths.items() if name != "chart"}
    what = {
        "list": f"list with {CAMPAIGNS} campaigns",
        "detail": f"campaign with {EVALUATIONS} evaluations",
        "chart": f"chart data of {EVALUATIONS} evaluations",
    }
    return (
        [figure for name in paths for figure in _figures(what[name], ours[name], theirs.get(name))]
        + [
            Figure("pages", f"{what[name]}, more queries than with few", many[name] - few[name], f"of {many[name]}", 0)
            for name in paths
        ]
        + [
            Figure("pages", f"download {EVALUATIONS} evaluations as CSV, p95", quantile(csv, 0.95), "ms", CSV_MS),
            Figure("pages", f"analysis of {EVALUATIONS} evaluations", analysis, "s", ANALYSIS_S),
        ]
    )


def _made(here: World, evaluations: int) -> "Campaign":
    """A campaign that ran."""
    campaigns = Campaigns(here)
    campaign = campaigns.begin(evaluations=evaluations, end="leave")
    campaigns.at_rest(campaign)
    return campaign


def _queries(path: str) -> int:
    """Queries of one request of a logged-in person, in this process."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from xoptweb.accounts.models import User

    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="olga"))
    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answers {answer.status_code}")
    return len(captured)


def _analysed(campaign: "Campaign") -> float:
    """Seconds of the analysis of its only iteration, in this process."""
    from optimizer.models import Stage
    from optimizer.stages.run import run

    iteration = campaign.iterations.get()
    iteration.stages.filter(stage=Stage.ANALYSIS).delete()
    began = time.monotonic()
    run(iteration.pk, Stage.ANALYSIS, 1)
    took = time.monotonic() - began
    if not iteration.stages.filter(stage=Stage.ANALYSIS, state="done").exists():
        raise RuntimeError("the analysis did not succeed")
    return took


def _times(get: Callable[[str], int], path: str) -> list[float]:
    """Milliseconds of requests one after the other.

    Raises:
        RuntimeError: one was not answered by a page.
    """
    found = []
    for number in range(WARM_UP + REQUESTS):
        began = time.monotonic()
        if (status := get(path)) != 200:
            raise RuntimeError(f"{path} was answered with {status}")
        if number >= WARM_UP:
            found.append(milliseconds(time.monotonic() - began))
    return found


def _asking(port: int) -> Callable[[str], int]:
    """A client of the plain pages that keeps its connection."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)

    def get(path: str) -> int:
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        return answer.status

    return get


def _figures(what: str, ours: list[float], theirs: list[float] | None) -> list[Figure]:
    rival = (None, None) if theirs is None else (quantile(theirs, 0.95), median(theirs))
    against = AGAINST if theirs else ""
    return [
        Figure("pages", f"{what}, p95", quantile(ours, 0.95), "ms", AT_MOST_MS, rival[0], against),
        Figure("pages", f"{what}, median", median(ours), "ms", None, rival[1], against),
    ]
