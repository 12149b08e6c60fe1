"""Approvals in the admin: read only, for they are decided on their own page."""

from django.contrib import admin
from unfold.admin import TabularInline

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.approvals.models import Approval, Vote


class VoteInline(TabularInline):
    model = Vote
    extra = 0
    can_delete = False
    fields = readonly_fields = ("by", "verdict", "reason", "at")


@admin.register(Approval)
class ApprovalAdmin(RecordAdmin):
    needs = "view_machine"
    list_display = ("id", "title", "kind", "state", "requested_by", "created_at", "expires_at")
    list_filter = ("state", "kind")
    search_fields = ("title", "subject", "correlation")
    inlines = (VoteInline,)
    ordering = ("-id",)
