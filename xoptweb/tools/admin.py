"""The record of calls from outside, for administrators: it holds what people have stored for themselves."""

from django.contrib import admin

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.tools.models import ToolCall


@admin.register(ToolCall)
class ToolCallAdmin(RecordAdmin):
    list_display = ("id", "tool", "user", "token", "failed", "seconds", "at", "correlation")
    list_filter = ("failed", "tool")
    list_select_related = ("user",)
    search_fields = ("tool", "token", "correlation")
    show_full_result_count = False
    ordering = ("-id",)
