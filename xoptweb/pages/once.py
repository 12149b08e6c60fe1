"""Requests with an idempotency key act once: a repetition gets the first one's answer."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from xoptweb.errors import Conflict, Invalid
from xoptweb.pages.models import Answer
from xoptweb.pages.problems import answer_to
from xoptweb.transactions import transaction

MAX_KEY = 80
MAX_BODY = 100_000  # characters; a longer answer is given once and not kept
KEPT = timedelta(days=1)
BATCH = 50  # answers, so that no transaction is long
GIVEN_UP = timedelta(minutes=2)  # a request that was never answered, for its process died
HEADERS = ("Location", "HX-Redirect", "HX-Trigger", "Content-Type")


class OncePerKey:
    """Looks at posts that carry a key. Never at STOP, which is harmless to repeat and must never be held back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = _key(request)
        if not key or not _known(request) or _exempt(request.path):
            return self.get_response(request)
        try:
            answer, fresh = _claim(_scope(request), key, _content(request))
        except (Conflict, Invalid) as problem:
            return answer_to(request, problem)
        if not fresh:
            return _again(answer)
        return self._first(request, answer)

    def _first(self, request: HttpRequest, answer: Answer) -> HttpResponse:
        try:
            response = self.get_response(request)
        except BaseException:
            answer.delete()
            raise
        _keep(answer, response)
        return response


def _key(request: HttpRequest) -> str:
    if request.method != "POST":
        return ""
    header = request.headers.get("Idempotency-Key", "")
    if header or request.content_type == "application/json":
        return header.strip()
    return str(request.POST.get("idempotency_key", "")).strip()


def _exempt(path: str) -> bool:
    """STOP, and whatever answers with a secret."""
    return path.rstrip("/").endswith("/stop") or path.startswith("/account/")


def _known(request: HttpRequest) -> bool:
    return request.user.is_authenticated or "Authorization" in request.headers


def _scope(request: HttpRequest) -> str:
    """Who asks: the bearer of a token, or the logged-in person."""
    who = request.headers.get("Authorization") or f"user {request.user.pk}"
    return hashlib.sha256(who.encode()).hexdigest()


def _content(request: HttpRequest) -> str:
    digest = hashlib.sha256(request.path.encode())
    if request.content_type == "application/json":
        digest.update(request.body)
    else:
        fields = request.POST.copy()
        fields.pop("csrfmiddlewaretoken", None)
        digest.update(fields.urlencode().encode())
    return digest.hexdigest()


def _claim(scope: str, key: str, content: str) -> tuple[Answer, bool]:
    """The row of this key, and whether we are the first to ask.

    Raises:
        Invalid: the key is too long, or was used for something else.
        Conflict: the first request with it is still being worked on.
    """
    if len(key) > MAX_KEY:
        raise Invalid(f"An idempotency key has at most {MAX_KEY} characters.", code="bad_key")
    try:
        with transaction("one row per idempotency key decides who acts"):
            return Answer.objects.create(scope=scope, key=key, content=content), True
    except IntegrityError:
        pass
    answer = Answer.objects.filter(scope=scope, key=key).first()
    if answer is None or (answer.status is None and answer.at < timezone.now() - GIVEN_UP):
        Answer.objects.filter(scope=scope, key=key).delete()
        return _claim(scope, key, content)
    if answer.content != content:
        raise Invalid("This form was sent before with other content. Open it again.", code="key_reused")
    if answer.status is None:
        raise Conflict("The same request is still being worked on.", code="in_progress")
    return answer, False


def _keep(answer: Answer, response: HttpResponse) -> None:
    """Errors are not kept: the same request may succeed later. What asks for the password again did not act either."""
    location = response.headers.get("Location", "") + response.headers.get("HX-Redirect", "")
    acted = response.status_code < 400 and not response.streaming and "/confirm/" not in location
    body = response.content.decode(errors="replace") if acted else ""
    if not acted or len(body) > MAX_BODY:
        answer.delete()
        return
    answer.status, answer.body = response.status_code, body
    answer.headers = {name: response.headers[name] for name in HEADERS if name in response.headers}
    answer.save(update_fields=["status", "body", "headers"])


def _again(answer: Answer) -> HttpResponse:
    response = HttpResponse(answer.body, status=answer.status)
    for name, value in answer.headers.items():
        response.headers[name] = value
    response.headers["Idempotency-Replayed"] = "true"
    return response


def forget_old() -> int:
    """Drop one batch of answers that nobody will ask for again; how many that were."""
    old = Answer.objects.filter(at__lt=timezone.now() - KEPT).order_by("at").values_list("pk", flat=True)
    deleted, _ = Answer.objects.filter(pk__in=list(old[:BATCH])).delete()
    return deleted
