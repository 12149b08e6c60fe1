"""Streams in the admin: how far each one is."""

from django.contrib import admin

from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.live.models import Event, Stream


@admin.register(Stream)
class StreamAdmin(RecordAdmin):
    list_display = ("name", "last")
    search_fields = ("name",)


@admin.register(Event)
class EventAdmin(RecordAdmin):
    list_display = ("stream", "number", "kind", "at")
    list_filter = ("kind",)
    search_fields = ("=stream",)
    ordering = ("-id",)
    show_full_result_count = False
