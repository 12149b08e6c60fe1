"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from xoptweb.api import api

handler400 = "xoptweb.pages.problems.bad_request"
urlpatterns = [
    path("", include("xoptweb.pages.urls")),
    path("", include("xoptweb.accounts.urls")),
    path("", include("xoptweb.approvals.urls")),
    path("", include("xoptweb.audit.urls")),
    path("", include("controls.urls")),
    path("", include("modules.urls")),
    path("", include("agents.urls")),
    path("", include("optimizer.urls")),
    path("api/v1/", api.urls),
    path("admin/", admin.site.urls),
]
