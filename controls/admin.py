"""Machines and channels are edited in the admin, by the services; what was put, leased and restored is only read."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from controls.models import (
    Channel,
    Heartbeat,
    Lease,
    Machine,
    Restore,
    RestoreItem,
    Snapshot,
    SnapshotValue,
    Write,
)
from controls.services import configuring
from xoptweb.accounts.admin_rules import RecordAdmin, in_words
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor


class Configurable(ModelAdmin):
    """Those who may configure edit; those who may see the machine look. Records point to rows: none is deleted."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), "view_machine")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), "configure")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class ChannelForm(ModelForm):  # type: ignore[type-arg]
    """A change that a writer relies on is refused where it is made."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for name, reason in configuring.channel_faults(self.instance).items():
            self.add_error(name, forms.ValidationError(reason))
        if not self.errors and (reason := configuring.channel_obstacle(self.instance)):
            self.add_error(None, forms.ValidationError(reason))


class MachineForm(ModelForm):  # type: ignore[type-arg]
    """The permit is a channel of this machine."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "permit_channel" in self.fields:
            self.fields["permit_channel"].queryset = Channel.objects.filter(machine=self.instance.pk)  # type: ignore[attr-defined]

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        for name, reason in configuring.machine_faults(self.instance).items():
            self.add_error(name, forms.ValidationError(reason))
        if not self.errors and (reason := configuring.machine_obstacle(self.instance)):
            self.add_error(None, forms.ValidationError(reason))


@admin.register(Machine)
class MachineAdmin(Configurable):
    form = MachineForm
    list_display = ("name", "slug", "armed", "armed_by", "active_at", "address_list", "server_port")
    readonly_fields = ("armed", "armed_by", "armed_at", "active_at", "stops", "stopped_at")
    fieldsets = (
        (None, {"fields": ("name", "slug", "description")}),
        ("Where it is found", {"fields": ("address_list", "server_port", "auto_address")}),
        ("The facility's permit", {"fields": ("permit_channel", "permit_value")}),
        ("Now", {"fields": readonly_fields}),
    )

    def save_model(self, request: HttpRequest, obj: Machine, form: Any, change: bool) -> None:
        configuring.save_machine(obj, by=actor(request))


@admin.register(Channel)
class ChannelAdmin(Configurable):
    form = ChannelForm
    list_display = ("name", "machine", "address", "group", "units", "writable", "low", "high", "max_step", "tolerance")
    list_filter = ("machine", "writable", "group")
    list_select_related = ("machine",)
    search_fields = ("name", "address", "readback", "description")
    fieldsets = (
        (None, {"fields": ("machine", "name", "address", "protocol", "readback")}),
        ("How it is shown", {"fields": ("description", "group", "units", "precision")}),
        ("Writing", {"fields": ("writable", "low", "high", "max_step", "tolerance", "settle_s")}),
    )

    def save_model(self, request: HttpRequest, obj: Channel, form: Any, change: bool) -> None:
        configuring.save_channel(obj, by=actor(request))


class Record(RecordAdmin):
    needs = "view_machine"
    show_full_result_count = False


class RecordInline(TabularInline):
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and allowed(actor(request), "view_machine")


class SnapshotValueInline(RecordInline):
    model = SnapshotValue
    fields = readonly_fields = ("channel", "value", "readback", "ioc_time")


class RestoreItemInline(RecordInline):
    model = RestoreItem
    fields = readonly_fields = ("channel", "target", "found", "outcome", "detail")


@admin.register(Lease)
class LeaseAdmin(Record):
    list_display = ("id", "machine", "held_by", "state", "token", "writer", "granted_at", "renewed_at", "ended_at")
    list_filter = ("state", "machine")
    list_select_related = ("machine",)
    search_fields = ("holder", "correlation", "process")

    @admin.display(description="held by", ordering="holder")
    def held_by(self, row: Lease) -> str:
        return row.held_by

    @admin.display(description="process", ordering="process")
    def writer(self, row: Lease) -> str:
        return in_words(row.process)


@admin.register(Write)
class WriteAdmin(Record):
    list_display = ("id", "channel", "purpose", "before", "value", "readback", "outcome", "detail", "intended_at")
    list_filter = ("outcome", "purpose")
    list_select_related = ("channel",)
    search_fields = ("channel__name", "channel__address", "code")
    ordering = ("-id",)


@admin.register(Snapshot)
class SnapshotAdmin(Record):
    list_display = ("id", "label", "machine", "taken_at")
    list_filter = ("machine",)
    list_select_related = ("machine",)
    search_fields = ("label",)
    inlines = (SnapshotValueInline,)


@admin.register(Restore)
class RestoreAdmin(Record):
    list_display = ("id", "lease", "state", "by", "reason", "started_at", "finished_at")
    list_filter = ("state",)
    list_select_related = ("lease",)
    ordering = ("-id",)
    inlines = (RestoreItemInline,)


@admin.register(Heartbeat)
class HeartbeatAdmin(Record):
    list_display = ("machine", "role", "beat", "at", "sender")
    list_select_related = ("machine",)

    @admin.display(description="process", ordering="process")
    def sender(self, row: Heartbeat) -> str:
        return in_words(row.process)
