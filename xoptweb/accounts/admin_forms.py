"""What administrators fill in about accounts and tokens."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
)

from xoptweb.accounts import people
from xoptweb.accounts.forms import SCOPE_WORDS
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.tokens import LONGEST_DAYS
from xoptweb.errors import Problem

if TYPE_CHECKING:
    UserForm = forms.ModelForm[User]
    ApiTokenForm = forms.ModelForm[ApiToken]
else:
    UserForm = ApiTokenForm = forms.ModelForm


class PersonForm(UserForm):
    """An account with its roles, and a password where it needs one."""

    new_password = forms.CharField(
        label="New password",
        required=False,
        strip=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"}),
        help_text="Leave it empty to keep the present one. A service account has none.",
    )

    class Meta:
        model = User
        fields = ("username", "first_name", "last_name", "email", "is_active", "is_service", "groups")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        self._check_password(data)
        try:
            people.check(self.instance, self.roles(), active=data.get("is_active", False), service=self.is_service())
        except Problem as problem:
            raise ValidationError({"groups": problem.message}) from problem
        return data

    def _check_password(self, data: dict[str, Any]) -> None:
        password = data.get("new_password")
        if self.is_service():
            if password:
                self.add_error("new_password", "A service account has no password; issue a token instead.")
        elif password:
            try:
                validate_password(password, self.instance)
            except ValidationError as problem:
                self.add_error("new_password", problem)
        elif not self.instance.has_usable_password() or self.instance.pk is None:
            self.add_error("new_password", "A person needs a password to log in.")

    def is_service(self) -> bool:
        return bool(self.cleaned_data.get("is_service"))

    def roles(self) -> list[str]:
        return [group.name for group in self.cleaned_data.get("groups") or ()]


class AdminTokenForm(ApiTokenForm):
    """A token for any account; service accounts get theirs here."""

    scopes = forms.MultipleChoiceField(
        choices=list(SCOPE_WORDS.items()), widget=UnfoldAdminCheckboxSelectMultipleWidget
    )
    days = forms.IntegerField(
        min_value=1,
        max_value=LONGEST_DAYS,
        initial=30,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Days until it expires.",
    )

    class Meta:
        model = ApiToken
        fields = ("user", "name", "scopes")
