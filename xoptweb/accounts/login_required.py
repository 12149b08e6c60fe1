"""Every page needs a login, unless its view says otherwise."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from xoptweb.web.kept import keep, page_of

KEPT_S = 900  # life of a session that holds nothing but what was typed before the login ended


class LoginRequired(LoginRequiredMiddleware):
    """As Django's, but a page that fetches a part of itself is told, instead of getting the login page as that part,
    and nothing is lost from a form that is sent after the login has ended.
    """

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        to_login = super().process_view(request, view_func, view_args, view_kwargs)
        if to_login is not None and request.method == "POST":
            return _after_login(request)
        if to_login is not None and request.headers.get("HX-Request") == "true":
            return HttpResponse("You are signed out.", status=401, content_type="text/plain")
        return to_login


def _after_login(request: HttpRequest) -> HttpResponse:
    """Back to the page that was posted from, where what was typed stands again."""
    page = page_of(request, default=request.path)
    keep(request, page)
    request.session.set_expiry(KEPT_S)
    to_login = redirect_to_login(page)
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": to_login.url})
    return to_login
