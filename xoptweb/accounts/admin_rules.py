"""What may be done in the admin: permissions by name, as in the services."""

from typing import Any, ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor

LONGEST = 80  # characters of one cell of a list


def shortened(text: str) -> str:
    """Of a long text its beginning, for a list."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def in_words(process: str) -> str:
    """A process as people call it: `control-1, process 4711` for `control-1:4711:889233`."""
    host, _, rest = process.partition(":")
    return f"{host}, process {rest.partition(':')[0]}" if rest else process


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


class EditedAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that those with the permission `needs` read, add, change and delete; subclasses call the services."""

    needs: ClassVar[str] = "administer"

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            self.delete_model(request, row)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), self.needs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)
