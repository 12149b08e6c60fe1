"""Forms that could not be acted on yet: what was typed waits in the session until their page is shown again."""

from urllib.parse import urlsplit

from django.http import HttpRequest, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

SESSION_KEY = "kept_forms"
NEVER = {"csrfmiddlewaretoken", "idempotency_key", "password"}
MAX_CHARACTERS = 20_000
MAX_FORMS = 5


def page_of(request: HttpRequest, default: str = "/") -> str:
    """The page of this site, with its query, that the request was made from."""
    origin = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(origin, {request.get_host()}, require_https=request.is_secure()):
        return default
    parts = urlsplit(origin)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or default


def keep(request: HttpRequest, page: str) -> None:
    """Remember what was posted, to be offered again on `page`; passwords and tokens are not remembered."""
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NEVER}
    if sum(len(value) for values in fields.values() for value in values) > MAX_CHARACTERS:
        return
    forms: dict[str, dict[str, list[str]]] = request.session.get(SESSION_KEY, {})
    forms.pop(_path(page), None)
    forms[_path(page)] = fields
    request.session[SESSION_KEY] = dict(list(forms.items())[-MAX_FORMS:])


def kept(request: HttpRequest) -> QueryDict:
    """What was typed on this page before it could not be acted on; given out once, empty when there is nothing."""
    typed = QueryDict(mutable=True)
    forms: dict[str, dict[str, list[str]]] = request.session.get(SESSION_KEY, {})
    if request.path in forms:
        for name, values in forms.pop(request.path).items():
            typed.setlist(name, values)
        request.session[SESSION_KEY] = forms
    return typed


def _path(page: str) -> str:
    return urlsplit(page).path
