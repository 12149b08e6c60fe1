"""Logging in and out, giving the password again, and one's own account.

Templates and their context:

- `accounts/login.html`: `form` (username, password), `next`
- `accounts/confirm.html`: `form` (password), `next`, `minutes` (how long it then counts)
- `accounts/account.html`: `tokens` (own, newest first; `now` to compare `expires_at` with), `roles`, `permissions`
  (code, what it allows), `token_form` (name, scopes, days), `password_form` (old_password, new_password1,
  new_password2), and once after a token was made `token` and its `secret`. The form for a new token must carry no
  idempotency key: the answer to it is stored nowhere.
"""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as django_views
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from xoptweb.accounts import people, tokens
from xoptweb.accounts.forms import THROTTLED, ConfirmForm, LoginForm, TokenForm
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import allowed, person
from xoptweb.accounts.requests import CONFIRMED_AT, actor
from xoptweb.accounts.roles import PERMISSIONS
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import Invalid
from xoptweb.web.kept import remember_who


class Login(django_views.LoginView):
    """Name and password."""

    template_name = "accounts/login.html"
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        self.request.session.set_expiry(None)
        _confirm_now(self.request)
        record(actor(self.request), "account.logged_in", form.get_user())
        remember_who(response, form.get_user().pk)
        return response

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        response.status_code = _status(form)
        return response


class Logout(django_views.LogoutView):
    """Ends the session; only a POST does."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        by = actor(request)
        record(by, "account.logged_out", by.user)
        return super().post(request, *args, **kwargs)


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest) -> HttpResponse:
    """The password again, then back to `next`."""
    target = _next(request)
    form = ConfirmForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        _confirm_now(request)
        return HttpResponseRedirect(target)
    context = {"form": form, "next": target, "minutes": round(config().reauthenticate_s / 60)}
    return render(request, "accounts/confirm.html", context, status=_status(form))


@never_cache
@require_GET
def account(request: HttpRequest) -> HttpResponse:
    """Who am I, what may I do, which tokens act for me?"""
    return _account(request)


@never_cache
@require_POST
def make_token(request: HttpRequest) -> HttpResponse:
    """A new token of one's own; its secret stands in this answer and nowhere else."""
    by = actor(request)
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _account(request, token_form=form, status=422)
    try:
        token, secret = tokens.issue(person(by), by=by, **form.cleaned_data)
    except Invalid as problem:
        for name, message in problem.fields.items():
            form.add_error(name, message)
        return _account(request, token_form=form, status=422)
    return _account(request, token=token, secret=secret)


@require_POST
def revoke_token(request: HttpRequest, token_id: int) -> HttpResponse:
    """End one of one's own tokens."""
    by = actor(request)
    token = get_object_or_404(ApiToken, pk=token_id, user=by.user)
    tokens.revoke(token, by)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("account")


@sensitive_post_parameters()
@never_cache
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """One's own password; the other sessions of the account end."""
    by = actor(request)
    form = PasswordChangeForm(person(by), request.POST)
    if not form.is_valid():
        return _account(request, password_form=form, status=422)
    user = person(by)
    people.set_password(user, form.cleaned_data["new_password1"], by=by)
    update_session_auth_hash(request, user)
    _confirm_now(request)
    messages.success(request, "Your password is changed.")
    return redirect("account")


def _account(request: HttpRequest, *, status: int = 200, **more: Any) -> HttpResponse:
    by = actor(request)
    user = person(by)
    words = dict(User._meta.permissions)
    context = {
        "tokens": user.tokens.all(),
        "now": timezone.now(),
        "token_form": TokenForm(),
        "password_form": PasswordChangeForm(user),
        "roles": list(user.groups.values_list("name", flat=True)),
        "permissions": [(code, words[code]) for code in PERMISSIONS if allowed(by, code)],
        **more,
    }
    return render(request, "accounts/account.html", context, status=status)


def _confirm_now(request: HttpRequest) -> None:
    request.session[CONFIRMED_AT] = timezone.now().isoformat()


def _next(request: HttpRequest) -> str:
    """Where to go afterwards, if it is a page of this site."""
    target = str(request.POST.get("next") or request.GET.get("next") or "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else reverse("overview")


def _status(form: forms.Form) -> int:
    """422 for a form with errors, 429 when it was not even looked at."""
    if not form.is_bound or form.is_valid():
        return 200
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    return 429 if THROTTLED in codes else 422
