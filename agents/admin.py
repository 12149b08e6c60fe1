"""Profiles of models are edited and tried out here; the record of calls is only read."""

from typing import Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.decorators import action

from agents.gateway.profiles import of_row
from agents.gateway.trial import trial
from agents.models import ModelCall, ModelProfile
from agents.services import profiles
from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotFound


@admin.register(ModelProfile)
class ModelProfileAdmin(ModelAdmin):
    """Those who administer."""

    list_display = ("name", "base_url", "model", "default", "enabled", "native_tools", "key_variable")
    search_fields = ("name", "model", "base_url")
    actions_detail: ClassVar[list[str]] = ["test"]
    fieldsets = (
        (None, {"fields": ("name", "base_url", "model", "key_variable", "default", "enabled", "answers_to")}),
        ("What it can", {"fields": (
            "native_tools", "structure", "context_tokens", "answer_tokens", "limit_parameter", "sends_temperature",
            "embeddings_model",
        )}),
        ("How long, how many", {"fields": ("timeout_s", "attempts", "concurrency")}),
        ("What it may cost", {"fields": ("price_in", "price_out", "day_tokens", "day_cost", "user_day_tokens")}),
    )  # fmt: skip

    @action(description="Test", url_path="test")  # type: ignore[untyped-decorator]
    def test(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask the endpoint, outside of any transaction: it may take its time."""
        row = ModelProfile.objects.filter(pk=int(object_id)).first() if object_id.isdecimal() else None
        if row is None:
            raise NotFound("There is no such profile.")
        for finding in trial(of_row(row), by=actor(request)):
            self.message_user(request, finding.text, messages.SUCCESS if finding.good else messages.WARNING)
        return redirect("admin:agents_modelprofile_change", row.pk)

    def save_model(self, request: HttpRequest, obj: ModelProfile, form: Any, change: bool) -> None:
        profiles.save(obj, by=actor(request))

    def delete_model(self, request: HttpRequest, obj: ModelProfile) -> None:
        profiles.remove(obj, by=actor(request))

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        for row in queryset:
            profiles.remove(row, by=actor(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "administer")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_view_permission(request)


@admin.register(ModelCall)
class ModelCallAdmin(RecordAdmin):
    """Prompts can hold what people wrote for themselves: for administrators only."""

    list_display = ("id", "profile", "model", "purpose", "subject", "user", "state", "tokens_in", "tokens_out", "cost",
                    "latency_s", "at")  # fmt: skip
    list_filter = ("state", "profile", "purpose")
    list_select_related = ("user",)
    search_fields = ("subject", "correlation", "error")
    show_full_result_count = False
    ordering = ("-id",)
