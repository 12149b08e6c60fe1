"""What may be done in the admin: permissions by name, as in the services."""

from typing import ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor


class RecordAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that only services write: those with the permission `needs` read them, and nobody changes them here."""

    needs: ClassVar[str] = "administer"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), self.needs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
