"""What people fill in about their accounts."""

from typing import Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from xoptweb.accounts import throttle
from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import SCOPES
from xoptweb.accounts.tokens import LONGEST_DAYS, LONGEST_NAME

THROTTLED = "throttled"
SCOPE_WORDS = {
    "read": "read channels, campaigns and the audit log",
    "campaigns": "create and steer campaigns",
    "modules": "install and run modules, set their tunables",
    "stop": "STOP what moves",
    "assistant": "talk with the assistant, and use its tools from outside",
    "code": "run code in the sandbox, beside assistant",
}


class LoginForm(AuthenticationForm):
    """Name and password; wrong ones are counted, and after too many none is looked at for a while."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "This name and this password do not belong together. Capital letters matter in both.",
    }

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username", "")
        address = throttle.address_of(self.request) if self.request else ""
        if throttle.blocked(username, address):
            raise ValidationError(throttle.MESSAGE, code=THROTTLED)
        try:
            cleaned = super().clean()
        except ValidationError:
            throttle.failed(username, address)
            raise
        throttle.succeeded(username, address)
        return cleaned

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_service:
            raise self.get_invalid_login_error()


class ConfirmForm(forms.Form):
    """The password of who is logged in, again."""

    password = forms.CharField(
        strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password", "autofocus": True})
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request

    def clean_password(self) -> str:
        user, address = self.request.user, throttle.address_of(self.request)
        password: str = self.cleaned_data["password"]
        if throttle.blocked(user.get_username(), address):
            raise ValidationError(throttle.MESSAGE, code=THROTTLED)
        if not user.check_password(password):
            throttle.failed(user.get_username(), address)
            raise ValidationError("This is not your password.", code="wrong")
        throttle.succeeded(user.get_username(), address)
        return password


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(max_length=LONGEST_NAME, help_text="What it is for.")
    scopes = forms.MultipleChoiceField(
        choices=[(scope, SCOPE_WORDS[scope]) for scope in SCOPES], widget=forms.CheckboxSelectMultiple
    )
    days = forms.IntegerField(min_value=1, max_value=LONGEST_DAYS, initial=30, help_text="days until it expires")
