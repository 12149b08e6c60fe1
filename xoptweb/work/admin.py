"""Due, running and finished work in the admin: read only."""

from django.contrib import admin

from xoptweb.accounts.admin_rules import RecordAdmin, in_words
from xoptweb.work.models import Work


@admin.register(Work)
class WorkAdmin(RecordAdmin):
    list_display = ("id", "name", "queue", "state", "due_at", "worker", "attempts", "finished_at")
    list_filter = ("state", "queue", "name")
    search_fields = ("name", "key", "correlation")
    ordering = ("-id",)
    show_full_result_count = False

    @admin.display(description="process", ordering="claimed_by")
    def worker(self, row: Work) -> str:
        return in_words(row.claimed_by)
