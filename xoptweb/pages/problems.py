"""How problems look: JSON for programs, a page for people, a detour over the password where it is needed again."""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.views import defaults

from xoptweb.errors import ConfirmationNeeded, Invalid, Problem, TooLarge
from xoptweb.web.kept import keep, page_of

NUL, JSON_NUL = "\x00", rb"\u0000"
TITLES = {
    400: "That request was not understood",
    403: "You may not do this",
    404: "There is no such page",
    409: "This can't be done now",
    413: "That is too much",
    422: "Something in it is wrong",
    503: "Something does not answer",
}


def as_json(problem: Problem) -> dict[str, object]:
    """The form of every problem a program gets."""
    return {"code": problem.code, "detail": problem.message, "fields": problem.fields}


class ProblemPages:
    """Turns the `Problem`s that views let through into answers, and refuses text that no database stores."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if names := with_nul(request):
            fields = dict.fromkeys(names, "holds a NUL character")
            return answer_to(request, Invalid("Text with a NUL character is not accepted.", code="nul", fields=fields))
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return answer_to(request, exception) if isinstance(exception, Problem) else None


def with_nul(request: HttpRequest) -> list[str]:
    """The parameters and fields that hold a NUL, which PostgreSQL cannot store; `body` for one in a JSON body."""
    names = [name for name, values in request.GET.lists() if any(NUL in value for value in values)]
    if request.content_type == "application/json":
        return names + ["body"] * (JSON_NUL in request.body)
    return names + [name for name, values in request.POST.lists() if any(NUL in value for value in values)]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What to do about a form that is too large; anything else a server does not accept is no person's doing."""
    if not isinstance(exception, RequestDataTooBig):
        return defaults.bad_request(request, exception)
    most = filesizeformat(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
    problem = TooLarge(
        f"Nothing was done: all that is typed into one form may have {most} at most. "
        "Go back in your browser; it still has what you typed."
    )
    if wants_json(request):
        return JsonResponse(as_json(problem), status=problem.status)
    template = "pages/problem_part.html" if request.headers.get("HX-Request") else "pages/problem.html"
    context = {"problem": problem, "title": TITLES[problem.status], "back": ""}
    return render(request, template, context, status=problem.status)


def answer_to(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The answer to a request that ran into `problem`."""
    if wants_json(request):
        return JsonResponse(as_json(problem), status=problem.status)
    if isinstance(problem, ConfirmationNeeded):
        return _confirm(request)
    return _page(request, problem)


def wants_json(request: HttpRequest) -> bool:
    if request.path.startswith("/api/"):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _confirm(request: HttpRequest) -> HttpResponse:
    """Ask for the password, then come back to the page, where what was typed stands again."""
    page = request.get_full_path() if request.method == "GET" else page_of(request, default=request.path)
    if request.method == "POST":
        keep(request, page)
    response = HttpResponse(status=303)
    target = f"{reverse('confirm')}?{urlencode({'next': page})}"
    if request.headers.get("HX-Request"):
        response.status_code = 204
        response.headers["HX-Redirect"] = target
    else:
        response.headers["Location"] = target
    return response


def _page(request: HttpRequest, problem: Problem) -> HttpResponse:
    if request.headers.get("HX-Request"):
        return render(request, "pages/problem_part.html", {"problem": problem}, status=problem.status)
    back = page_of(request, default="")
    if request.method == "POST" and back:
        keep(request, back)
    context = {"problem": problem, "title": TITLES.get(problem.status, "This did not work"), "back": back}
    return render(request, "pages/problem.html", context, status=problem.status)
