"""Accounts and tokens in the admin. Every change goes through the services."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from unfold.admin import ModelAdmin

from xoptweb.accounts import people, tokens
from xoptweb.accounts.admin_forms import AdminTokenForm, PersonForm
from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotAllowed

admin.site.unregister(Group)  # groups are the roles of this version, see xoptweb.accounts.roles


@login_not_required
def login(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponseRedirect:
    """One login page for everything, so that wrong passwords are counted in one place.

    Raises:
        NotAllowed: somebody is logged in and may not use the admin.
    """
    target = request.GET.get("next", reverse("admin:index"))
    if request.user.is_authenticated:
        if admin.site.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        raise NotAllowed(f"{request.user.get_username()} may not use the administration pages.")
    return redirect_to_login(target)


admin.site.login = login  # type: ignore[method-assign]


@admin.register(User)
class UserAdmin(ModelAdmin):
    """Accounts are switched off, never deleted: the audit log and approvals name them."""

    form = PersonForm
    list_display = ("username", "roles", "is_active", "is_service", "last_login")
    list_filter = ("groups", "is_active", "is_service")
    search_fields = ("username", "first_name", "last_name", "email")
    ordering = ("username",)
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "new_password", "is_active", "is_service", "groups")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
    )

    @admin.display(description="roles")
    def roles(self, user: User) -> str:
        return ", ".join(group.name for group in user.groups.all()) or "–"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        users: QuerySet[User] = super().get_queryset(request)
        return users.prefetch_related("groups")

    def save_model(self, request: HttpRequest, obj: User, form: PersonForm, change: bool) -> None:
        by = actor(request)
        before = people.describe(User.objects.get(pk=obj.pk)) if change else None
        obj.save()
        people.settle(obj, form.roles(), before=before, by=by)
        if password := form.cleaned_data["new_password"]:
            people.set_password(obj, password, by=by)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), "administer")

    has_change_permission = has_view_permission

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ApiToken)
class ApiTokenAdmin(RecordAdmin):
    """Tokens are issued and revoked here; a secret is shown once."""

    form = AdminTokenForm
    fields = ("user", "name", "scopes", "days")
    list_display = ("name", "prefix", "user", "reach", "expires_at", "last_used_at", "revoked_at")
    list_filter = ("user",)
    search_fields = ("name", "prefix", "user__username")
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    @admin.display(description="scopes")
    def reach(self, token: ApiToken) -> str:
        return ", ".join(token.scopes)

    def get_fields(self, request: HttpRequest, obj: ApiToken | None = None) -> Any:
        return self.fields if obj is None else ("user", *self.list_display[:2], *self.list_display[3:])

    def save_model(self, request: HttpRequest, obj: ApiToken, form: AdminTokenForm, change: bool) -> None:
        data = form.cleaned_data
        token, secret = tokens.issue(obj.user, data["name"], data["scopes"], data["days"], actor(request))
        obj.pk, obj.prefix = token.pk, token.prefix
        messages.warning(request, f"The secret of “{token.name}” is shown once: {secret}")

    @admin.action(description="Revoke", permissions=["view"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        for token in queryset.select_related("user"):
            tokens.revoke(token, actor(request))
        messages.success(request, f"Revoked: {queryset.count()}.")
