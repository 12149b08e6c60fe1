"""Every page needs a login, unless its view says otherwise."""

from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse, HttpResponseBase


class LoginRequired(LoginRequiredMiddleware):
    """As Django's, but a page that fetches a part of itself is told, instead of getting the login page as that part."""

    def process_view(
        self, request: HttpRequest, view_func: Any, view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        to_login = super().process_view(request, view_func, view_args, view_kwargs)
        if to_login is not None and request.headers.get("HX-Request") == "true":
            return HttpResponse("You are signed out.", status=401, content_type="text/plain")
        return to_login
