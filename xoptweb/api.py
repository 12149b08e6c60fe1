"""The REST API under /api/v1: one router for each app, problems in one form, documentation that needs no internet."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from agents.api import artifacts_router, conversations_router
from controls.api import router as controls_router
from modules.api import modules_router, projects_router, registries_router, runs_router, skills_router
from optimizer.api import router as campaigns_router
from optimizer.environments_api import router as environments_router
from xoptweb.accounts.api_auth import api_auth
from xoptweb.approvals.api import router as approvals_router
from xoptweb.audit.api import router as audit_router
from xoptweb.errors import Problem

log = logging.getLogger(__name__)

DESCRIPTION = """
Everything the pages do, by the same services: the same permissions, the same approvals, the same audit.

**Who you are.** Send `Authorization: Bearer xw_…` with a token made on your account page, or use the session of the
pages (then every change needs the `X-CSRFToken` header). Tokens never approve and never arm.

**Acting once.** Every POST takes an `Idempotency-Key` header of at most 80 characters: a repetition with the same key
and content gets the first answer and does nothing.

**Problems** have one form: `{"code": "…", "detail": "for a person", "fields": {"field": "what is wrong with it"}}`.
"""


class Api(NinjaAPI):
    """Its operations check who asks by themselves, so the pages' login middleware leaves them alone."""

    @property
    def urls(self) -> tuple[list[Any], str, str]:
        patterns, app, namespace = super().urls
        for pattern in patterns:
            if isinstance(pattern, URLPattern) and pattern.name not in {"openapi-json", "openapi-view"}:
                vars(pattern.callback)["login_required"] = False
        return patterns, app, namespace


def _known_only(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The documentation is for whoever is logged in or has a token."""

    @login_not_required
    @wraps(view, assigned=())
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated or any(auth(request) for auth in api_auth):
            return view(request, *args, **kwargs)
        if "Authorization" in request.headers:
            return _problem(request, AuthenticationError())
        return redirect_to_login(request.get_full_path())

    return checked


api = Api(
    title="xoptweb",
    version="1",
    urls_namespace="api",
    description=DESCRIPTION,
    auth=api_auth,
    docs_decorator=_known_only,
    openapi_extra={"externalDocs": {"description": "The pages", "url": "/"}},
)
api.add_router("", controls_router)
api.add_router("/campaigns", campaigns_router)
api.add_router("/environments", environments_router)
api.add_router("/modules", modules_router)
api.add_router("/runs", runs_router)
api.add_router("/projects", projects_router)
api.add_router("/registries", registries_router)
api.add_router("/skills", skills_router)
api.add_router("/conversations", conversations_router)
api.add_router("/artifacts", artifacts_router)
api.add_router("/approvals", approvals_router)
api.add_router("/audit", audit_router)


def _answer(request: HttpRequest, status: int, code: str, detail: str, fields: dict[str, str]) -> HttpResponse:
    return api.create_response(request, {"code": code, "detail": detail, "fields": fields}, status=status)


@api.exception_handler(Problem)
def _known_problem(request: HttpRequest, problem: Problem) -> HttpResponse:
    return _answer(request, problem.status, problem.code, problem.message, problem.fields)


@api.exception_handler(ValidationError)
def _wrong_input(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """The names of the fields as the caller wrote them, without where they were found."""
    fields = {".".join(str(part) for part in one["loc"][1:] if part != "payload"): one["msg"] for one in error.errors}
    detail = "; ".join(f"{name}: {text}" for name, text in fields.items())
    return _answer(request, 422, "invalid", detail or "The input is not valid.", fields)


@api.exception_handler(AuthenticationError)
def _problem(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    answer = _answer(request, 401, "login_needed", "Send a valid token, or log in.", {})
    answer.headers["WWW-Authenticate"] = 'Bearer realm="xoptweb"'
    return answer


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    code = {400: "not_understood", 403: "csrf", 404: "not_found"}.get(error.status_code, "problem")
    return _answer(request, error.status_code, code, error.message, {})


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, 404, "not_found", "There is no such thing.", {})


@api.exception_handler(Exception)
def _bug(request: HttpRequest, error: Exception) -> HttpResponse:
    log.error("the API failed at %s", request.path, exc_info=error)
    return _answer(request, 500, "internal", "Something broke in xoptweb; the error is in the log.", {})
