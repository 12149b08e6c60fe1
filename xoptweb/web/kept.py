"""Forms that could not be acted on yet: what was typed waits in the session until their page is shown again.

It is for whoever typed it: on a console that many use, the next to log in does not see it.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.http import url_has_allowed_host_and_scheme

from xoptweb.web.addresses import ours

SESSION_KEY = "kept_posts"
WHO = "xoptweb_who"  # cookie: who logged in here last; it outlives the login
NEVER = {"csrfmiddlewaretoken", "idempotency_key", "password"}
MAX_CHARACTERS = 60_000  # the longest form with every field filled
MAX_FORMS = 5


@dataclass(frozen=True)
class KeptForm:
    """What was posted to the path `action`: values by the names of fields."""

    action: str
    fields: dict[str, list[str]]


def page_of(request: HttpRequest, default: str = "/") -> str:
    """The page of this site, with its query, that the request was made from."""
    origin = request.headers.get("HX-Current-URL") or request.headers.get("Referer") or ""
    if not url_has_allowed_host_and_scheme(origin, {request.get_host()}, require_https=request.is_secure()):
        return default
    parts = urlsplit(origin)
    page = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return page if ours(page) else default


def remember_who(response: HttpResponse, account: int) -> None:
    """Note in the browser who logged in, so that what is posted after the login has ended is still known as theirs."""
    secure = settings.SESSION_COOKIE_SECURE
    response.set_signed_cookie(WHO, str(account), salt=WHO, secure=secure, httponly=True, samesite="Strict")


def _who(request: HttpRequest) -> str:
    """The account that typed, as text; empty where nobody knows."""
    if request.user.is_authenticated:
        return str(request.user.pk)
    return str(request.get_signed_cookie(WHO, "", salt=WHO))


def keep(request: HttpRequest, page: str) -> None:
    """Remember what was posted, to be offered again on `page`; passwords and tokens are not remembered."""
    who = _who(request)
    fields = {name: request.POST.getlist(name) for name in request.POST if name not in NEVER}
    if not who or not fields or sum(len(value) for values in fields.values() for value in values) > MAX_CHARACTERS:
        return
    forms: dict[str, dict[str, object]] = request.session.get(SESSION_KEY, {})
    forms.pop(_path(page), None)
    forms[_path(page)] = {"who": who, "action": request.path, "fields": fields}
    request.session[SESSION_KEY] = dict(list(forms.items())[-MAX_FORMS:])


def kept(request: HttpRequest) -> QueryDict:
    """What was typed on this page, for a view that fills its form in itself; empty when there is nothing."""
    typed = QueryDict(mutable=True)
    form = kept_form(request)
    for name, values in form.fields.items() if form else ():
        typed.setlist(name, values)
    return typed


def kept_form(request: HttpRequest) -> KeptForm | None:
    """What was typed on this page before it could not be acted on; given out once.

    A part of the page that brings itself up to date, which may be on its way still when the form is sent, gets nothing:
    it would take what the whole page has to show again.
    """
    forms = request.session.get(SESSION_KEY, {})
    if request.headers.get("HX-Request") or request.method != "GET" or request.path not in forms:
        return None
    found = forms.pop(request.path)
    request.session[SESSION_KEY] = forms
    if found["who"] != _who(request):
        return None
    return KeptForm(found["action"], found["fields"])


def _path(page: str) -> str:
    return urlsplit(page).path
