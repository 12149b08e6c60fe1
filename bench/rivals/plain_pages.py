"""The same lists as plain tables: one query for the rows, one to count them, one template.

Served by `python -m daphne bench.rivals.plain_pages:application` with the settings `bench.rivals.plain_settings`.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.rivals.plain_settings")

from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.urls import path

application = get_asgi_application()

from optimizer.models import Campaign, Evaluation  # noqa: E402 - needs the apps that the line above loads

ENGINE = Engine()
CAMPAIGNS = ENGINE.from_string(
    "<!doctype html><title>{{ total }} campaigns</title><table>{% for row in rows %}<tr><td>{{ row.id }}<td>"
    "{{ row.sentence }}<td>{{ row.environment.name }}<td>{{ row.objective.name }}<td>{{ row.requested_by.username }}"
    "<td>{{ row.state }}<td>{{ row.created_at }}{% endfor %}</table>"
)
EVALUATIONS = ENGINE.from_string(
    "<!doctype html><title>{{ total }} evaluations</title><table>{% for row in rows %}<tr><td>{{ row.number }}<td>"
    "{{ row.objective }}<td>{{ row.inputs }}<td>{{ row.state }}<td>{{ row.started_at }}{% endfor %}</table>"
)


def campaigns(request: HttpRequest) -> HttpResponse:
    rows = Campaign.objects.select_related("environment", "objective", "requested_by").order_by("-id")
    return HttpResponse(CAMPAIGNS.render(Context({"rows": rows[:50], "total": rows.count()})))


def evaluations(request: HttpRequest, campaign_id: int) -> HttpResponse:
    rows = Evaluation.objects.filter(execution__iteration__campaign=campaign_id).order_by("-number")
    return HttpResponse(EVALUATIONS.render(Context({"rows": rows[:25], "total": rows.count()})))


def health(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("health/", health),
    path("campaigns/", campaigns),
    path("campaigns/<int:campaign_id>/", evaluations),
]
