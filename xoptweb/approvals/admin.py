"""Approvals in the admin: read only, for they are decided on their own page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.approvals.models import Approval, Vote
from xoptweb.approvals.presentation import kind_of, known_kinds


class VoteInline(TabularInline):
    model = Vote
    extra = 0
    can_delete = False
    fields = readonly_fields = ("by", "verdict", "reason", "at")


class KindFilter(admin.SimpleListFilter):
    """The kinds by their titles."""

    title = parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return known_kinds()

    def queryset(self, request: HttpRequest, queryset: "QuerySet[Approval]") -> "QuerySet[Approval]":
        return queryset.filter(kind=self.value()) if self.value() else queryset


@admin.register(Approval)
class ApprovalAdmin(RecordAdmin):
    needs = "view_machine"
    list_display = ("id", "title", "kind_title", "state", "requested_by", "created_at", "expires_at")
    list_filter = ("state", KindFilter)
    list_select_related = ("requested_by",)
    search_fields = ("title", "subject", "correlation")
    inlines = (VoteInline,)
    ordering = ("-id",)

    @admin.display(description="kind", ordering="kind")
    def kind_title(self, row: Approval) -> str:
        return kind_of(row).title
