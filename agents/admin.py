"""Profiles of models are edited and tried out here; the record of calls is only read."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.decorators import action

from agents.gateway.profiles import of_row
from agents.gateway.trial import trial
from agents.models import ModelCall, ModelProfile, PromptVersion
from agents.prompts.shipped import PROMPTS
from agents.prompts.wording import fault
from agents.services import profiles, prompts
from xoptweb.accounts.admin_rules import EditedAdmin, RecordAdmin
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotFound, Problem


@admin.register(ModelProfile)
class ModelProfileAdmin(EditedAdmin):
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


@admin.register(ModelCall)
class ModelCallAdmin(RecordAdmin):
    """Prompts can hold what people wrote for themselves: for administrators only."""

    list_display = ("id", "profile", "model", "purpose", "subject", "prompt_version", "user", "state", "tokens_in",
                    "tokens_out", "cost", "latency_s", "at")  # fmt: skip
    list_filter = ("state", "profile", "purpose")
    list_select_related = ("user",)
    search_fields = ("subject", "correlation", "error")
    show_full_result_count = False
    ordering = ("-id",)


class PromptForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new text of a prompt, refused where it is typed."""

    name = forms.ChoiceField(choices=[(prompt.name, prompt.title) for prompt in PROMPTS.values()])
    text = forms.CharField(
        strip=False,
        widget=forms.Textarea(attrs={"rows": 20}),
        help_text="Places in braces are filled in: see the assistant's page of prompts.",
    )
    reason = forms.CharField(required=False, max_length=prompts.LONGEST_REASON)

    class Meta:
        model = PromptVersion
        fields = ("name", "text", "reason")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"name", "text"} <= set(cleaned) and (reason := fault(prompts.find(cleaned["name"]), cleaned["text"])):
            self.add_error("text", reason)
        return cleaned


class PromptFilter(admin.SimpleListFilter):
    """The prompts by their titles."""

    title, parameter_name = "prompt", "name"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(prompt.name, prompt.title) for prompt in PROMPTS.values()]

    def queryset(self, request: HttpRequest, queryset: "QuerySet[PromptVersion]") -> "QuerySet[PromptVersion]":
        return queryset.filter(name=self.value()) if self.value() else queryset


@admin.register(PromptVersion)
class PromptVersionAdmin(EditedAdmin):
    """Every text that there ever was. Adding one puts it in force; the action makes an old one the newest again."""

    needs = "edit_tunables"
    form = PromptForm
    list_display = ("title", "number", "by", "at", "reason", "cleared", "restores")
    list_filter = (PromptFilter,)
    search_fields = ("text", "reason", "by")
    actions: ClassVar[list[str]] = ["roll_back"]

    @admin.display(description="prompt", ordering="name")
    def title(self, row: PromptVersion) -> str:
        return PROMPTS[row.name].title if row.name in PROMPTS else row.name

    def save_model(self, request: HttpRequest, obj: PromptVersion, form: Any, change: bool) -> None:
        data = form.cleaned_data
        made = prompts.set_text(prompts.find(data["name"]), data["text"], by=actor(request), reason=data["reason"])
        obj.pk, obj.number = made.pk, made.number

    @admin.action(description="Roll back to the selected text")
    def roll_back(self, request: HttpRequest, rows: "QuerySet[PromptVersion]") -> None:
        for row in rows:
            try:
                made = prompts.rollback(prompts.find(row.name), row.number, by=actor(request))
            except Problem as problem:
                self.message_user(request, problem.message, messages.ERROR)
            else:
                text = f"{row.name} is as it was in number {row.number}; that is number {made.number} now."
                self.message_user(request, text, messages.SUCCESS)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
