"""Environments are edited in the admin; campaigns and their records are only read there."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, StackedInline, TabularInline

from controls.models import Channel
from optimizer import environments
from optimizer.formulas import FormulaRefused, parse
from optimizer.models import (
    Campaign,
    Constraint,
    Criterion,
    Document,
    Environment,
    Execution,
    Formula,
    Guard,
    Iteration,
    Objective,
    Observable,
    StageRecord,
    Variable,
)
from xoptweb.accounts.admin_rules import RecordAdmin
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.audit.services import record


class Configurable:
    """Those who may configure edit; those who may see the machine look."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "view_machine")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "configure")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)


class VariableForm(ModelForm):  # type: ignore[type-arg]
    """A range that can't be used is refused where it is typed."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        channel = cleaned.get("channel")
        if isinstance(channel, Channel) and not self.errors:
            fields = {name: cleaned.get(name) for name in ("channel", "kind", "low", "high", "fraction")}
            if reason := environments.range_problem(Variable(**fields)):
                raise forms.ValidationError(reason)
        return cleaned


class FormulaForm(ModelForm):  # type: ignore[type-arg]
    def clean_expression(self) -> str:
        expression: str = self.cleaned_data["expression"]
        try:
            parse(expression)
        except FormulaRefused as refused:
            raise forms.ValidationError(str(refused)) from refused
        return expression


class PartInline(Configurable, TabularInline):
    extra = 0
    autocomplete_fields: ClassVar[tuple[str, ...]] = ()


class VariableInline(PartInline):
    model = Variable
    form = VariableForm


class ObservableInline(PartInline):
    model = Observable


class FormulaInline(PartInline):
    model = Formula
    form = FormulaForm


class ObjectiveInline(PartInline):
    model = Objective


class ConstraintInline(PartInline):
    model = Constraint


class CriterionInline(PartInline):
    model = Criterion


class GuardInline(PartInline):
    model = Guard


class DocumentInline(Configurable, StackedInline):
    model = Document
    extra = 0


@admin.register(Environment)
class EnvironmentAdmin(Configurable, ModelAdmin):
    """Every change is audited as a whole; what does not fit together is named at once."""

    list_display = ("name", "slug", "machine")
    list_filter = ("machine",)
    search_fields = ("name", "slug", "description")
    exclude = ("after_module_failure",)  # it stands with the stages, on the environment's own page
    inlines = (
        VariableInline, ObservableInline, FormulaInline, ObjectiveInline, ConstraintInline, CriterionInline,
        GuardInline, DocumentInline,
    )  # fmt: skip

    def save_model(self, request: HttpRequest, obj: Environment, form: Any, change: bool) -> None:
        request.environment_before = (  # type: ignore[attr-defined]
            environments.describe(Environment.objects.get(pk=obj.pk)) if change else None
        )
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        environment = form.instance
        before = getattr(request, "environment_before", None)
        action = "environment.changed" if change else "environment.created"
        record(actor(request), action, environment, before=before, after=environments.describe(environment))
        for fault in environments.problems(environment):
            messages.warning(request, f"{fault.field}: {fault.reason}")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Campaigns point to it."""
        return False


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "view_machine")


class IterationInline(ReadOnlyInline):
    model = Iteration
    fields = readonly_fields = ("number", "strategy", "approval", "changes_requested", "started_at", "ended_at")


class StageInline(ReadOnlyInline):
    model = StageRecord
    fields = readonly_fields = ("stage", "round", "state", "summary", "decided_by", "started_at", "ended_at")


@admin.register(Campaign)
class CampaignAdmin(RecordAdmin):
    needs = "view_machine"
    list_display = ("id", "sentence", "environment", "objective", "state", "final", "requested_by", "created_at")
    list_filter = ("state", "final", "environment")
    list_select_related = ("environment", "objective", "requested_by")
    search_fields = ("sentence", "requested_by__username")
    inlines = (IterationInline,)
    ordering = ("-id",)
    show_full_result_count = False


@admin.register(Iteration)
class IterationAdmin(RecordAdmin):
    needs = "view_machine"
    list_display = ("id", "campaign", "number", "strategy", "started_at", "ended_at")
    list_select_related = ("campaign",)
    inlines = (StageInline,)
    ordering = ("-id",)


@admin.register(Execution)
class ExecutionAdmin(RecordAdmin):
    needs = "view_machine"
    list_display = ("id", "iteration", "state", "ending", "message", "started_at", "ended_at")
    list_filter = ("state", "ending")
    list_select_related = ("iteration",)
    ordering = ("-id",)
