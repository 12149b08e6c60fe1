"""The audit log in the admin: read only."""

from django.contrib import admin

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.audit.models import Entry


@admin.register(Entry)
class EntryAdmin(RecordAdmin):
    needs = "view_audit"
    list_display = ("at", "who", "role", "via", "action", "label", "correlation")
    list_filter = ("action", "via")
    search_fields = ("who", "action", "target", "label", "correlation")
    date_hierarchy = "at"
    list_per_page = 100
    show_full_result_count = False
