"""Due, running and finished work in the admin: read only."""

from django.contrib import admin

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.work.models import Work


@admin.register(Work)
class WorkAdmin(RecordAdmin):
    list_display = ("id", "name", "queue", "state", "due_at", "claimed_by", "attempts", "finished_at")
    list_filter = ("state", "queue", "name")
    search_fields = ("name", "key", "correlation")
    ordering = ("-id",)
    show_full_result_count = False
