"""Addresses of the overview, of parts of the shell, and of the health check."""

from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import path
from django.views.generic import RedirectView

from xoptweb.pages import views

favicon = login_not_required(RedirectView.as_view(url=static("favicon.svg")))

urlpatterns = [
    path("", views.overview, name="overview"),
    path("favicon.ico", favicon),
    path("health/", views.health, name="health"),
    path("parts/machines/", views.part_machines, name="part-machines"),
    path("parts/rail/", views.part_rail, name="part-rail"),
]
