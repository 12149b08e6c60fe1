"""Tunables and configurables are edited in the admin, by the services; modules, projects and runs are only read."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from modules.models import (
    Configurable,
    ConfigurableValue,
    Grant,
    Module,
    ModuleVersion,
    Parameter,
    Project,
    ProjectDependency,
    ProjectLock,
    Registry,
    Run,
    SkillVersion,
    Tunable,
    TunableValue,
)
from modules.services import registries, tunables, typed
from modules.services.parameters import definition_obstacle
from xoptweb.accounts.admin_rules import EditedAdmin, RecordAdmin, shortened
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.errors import Invalid, Problem

DEFINITION = ("kind", "minimum", "maximum", "choices", "description")


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

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "view_machine")


class ParameterForm(ModelForm):  # type: ignore[type-arg]
    """The module's value and what it may be, each refused where it is typed."""

    value = forms.CharField(
        required=False,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="The module's value; projects can have others. Text as it is, numbers and the rest as JSON.",
    )
    clear = forms.BooleanField(required=False, help_text="Take the module's value back: the default holds again.")
    reason = forms.CharField(required=False, max_length=300)
    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        last = tunables.history(self.instance).first()
        self.had_value = last is not None and not last.cleared
        shown = last.value if self.had_value else self.instance.default
        self.initial["value"] = "" if shown is None else typed.to_text(self.instance, shown)
        self.initial["seen"] = last.number if last is not None else 0

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in set(DEFINITION) & set(cleaned):
            setattr(self.instance, name, cleaned[name])
        self.changes_value = "value" in self.changed_data and not cleaned.get("clear")
        if self.changes_value:
            try:
                cleaned["parsed"] = typed.checked(self.instance, typed.from_text(self.instance, cleaned["value"]))
            except Invalid as refusal:
                self.add_error("value", refusal.message)
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        defined = set(DEFINITION) & set(self.changed_data)
        if not self.errors and defined and not self.changes_value and (reason := definition_obstacle(self.instance)):
            self.add_error(None, forms.ValidationError(reason))


class ParameterAdmin(ModelAdmin):
    """Those with `edit_tunables` edit; those who may see the machine look. Modules declare them: none is added."""

    form = ParameterForm
    actions = None
    list_display = ("name", "module", "kind", "in_force", "brought", "declared", "changed")
    list_filter = ("kind", "declared", "module")
    list_select_related = ("module",)
    search_fields = ("name", "description", "module__name")
    readonly_fields = ("module", "name", "default", "declared")
    fieldsets = (
        (None, {"fields": ("module", "name", "value", "clear", "reason", "seen")}),
        ("What it may be", {"fields": ("kind", "minimum", "maximum", "choices", "description")}),
        ("As the module has it", {"fields": ("default", "declared")}),
    )

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Any]":
        rows: QuerySet[Any] = super().get_queryset(request)
        return rows.prefetch_related("values")

    @admin.display(description="in force")
    def in_force(self, row: Any) -> str:
        last = _last(row)
        return "" if last is None or last.cleared else shortened(typed.to_text(row, last.value))

    @admin.display(description="default")
    def brought(self, row: Any) -> str:
        return "" if row.default is None else shortened(typed.to_text(row, row.default))

    @admin.display(description="last changed")
    def changed(self, row: Any) -> str:
        last = _last(row)
        return f"{last.at:%Y-%m-%d %H:%M}, {last.by}" if last is not None else ""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """First what it may be, then the value; where the present value would not suit, the other way round."""
        by, data = actor(request), form.cleaned_data
        reason, seen = data["reason"], data["seen"]
        if data["clear"] and form.had_value:
            tunables.clear(obj, by=by, reason=reason, seen=seen)
        elif form.changes_value:
            tunables.set_value(obj, data["parsed"], by=by, reason=reason, seen=seen)
        if set(DEFINITION) & set(form.changed_data):
            given = {name: getattr(obj, name) for name in DEFINITION}
            tunables.define(obj, by=by, **given)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "view_machine")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_authenticated) and allowed(actor(request), "edit_tunables")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def _last(row: Any) -> Any:
    own = [value for value in row.values.all() if value.project_id is None]
    return max(own, key=lambda value: value.number, default=None)


class ValueInline(RecordInline):
    fields = readonly_fields = ("project", "number", "value", "cleared", "by", "at", "reason", "restores")
    ordering = ("-pk",)


class TunableValueInline(ValueInline):
    model = TunableValue


class ConfigurableValueInline(ValueInline):
    model = ConfigurableValue


@admin.register(Tunable)
class TunableAdmin(ParameterAdmin):
    inlines = (TunableValueInline,)


@admin.register(Configurable)
class ConfigurableAdmin(ParameterAdmin):
    inlines = (ConfigurableValueInline,)


class ValueAdmin(Record):
    """Every value there ever was; the action makes one the newest again."""

    list_display = ("parameter", "module", "project", "number", "shown", "cleared", "by", "at", "reason")
    list_filter = ("parameter__module", "project")
    list_select_related = ("parameter__module", "project")
    search_fields = ("parameter__name", "by", "reason")
    ordering = ("-at",)
    actions: ClassVar[tuple[str, ...]] = ("roll_back",)

    @admin.display(ordering="parameter__module__name")
    def module(self, row: Any) -> str:
        return str(row.parameter.module.name)

    @admin.display(description="value")
    def shown(self, row: Any) -> str:
        return "" if row.cleared else shortened(typed.to_text(row.parameter, row.value))

    @admin.action(description="Roll back to the selected value")
    def roll_back(self, request: HttpRequest, rows: "QuerySet[Any]") -> None:
        for row in rows.select_related("parameter__module", "project"):
            parameter: Parameter = row.parameter
            try:
                new = tunables.rollback(parameter, row.number, project=row.project, by=actor(request))
            except Problem as problem:
                self.message_user(request, problem.message, messages.ERROR)
            else:
                text = f"{parameter.name} is as it was in number {row.number}; that is number {new.number} now."
                self.message_user(request, text, messages.SUCCESS)


@admin.register(TunableValue)
class TunableValueAdmin(ValueAdmin):
    pass


@admin.register(ConfigurableValue)
class ConfigurableValueAdmin(ValueAdmin):
    pass


class VersionInline(RecordInline):
    model = ModuleVersion
    fk_name = "module"
    fields = readonly_fields = ("version", "state", "python", "isolation", "installed_by", "installed_at", "error")


class GrantInline(RecordInline):
    model = Grant
    fields = readonly_fields = ("kind", "target", "by", "at")


@admin.register(Module)
class ModuleAdmin(Record):
    list_display = ("name", "current", "description")
    list_select_related = ("current__module",)
    search_fields = ("name", "description")
    inlines = (VersionInline, GrantInline)


@admin.register(Run)
class RunAdmin(Record):
    list_display = ("id", "version", "state", "requester", "seconds", "tokens_in", "tokens_out", "created_at")
    list_filter = ("state", "version__module")
    list_select_related = ("version__module",)
    search_fields = ("requester", "correlation", "error")
    ordering = ("-id",)


@admin.register(SkillVersion)
class SkillVersionAdmin(Record):
    list_display = ("skill", "number", "state", "description", "by", "at")
    list_filter = ("state", "skill")
    list_select_related = ("skill",)
    search_fields = ("skill__name", "description", "by")
    ordering = ("-at",)


class DependencyInline(RecordInline):
    model = ProjectDependency
    fields = readonly_fields = ("name", "requirement")


class LockInline(RecordInline):
    model = ProjectLock
    fields = readonly_fields = ("version", "digest", "source", "at")


@admin.register(Project)
class ProjectAdmin(Record):
    list_display = ("name", "slug", "sync", "synced_at", "created_by")
    search_fields = ("name", "slug")
    inlines = (DependencyInline, LockInline)


@admin.register(Registry)
class RegistryAdmin(EditedAdmin):
    """Those for all projects; a project's own stand in its files."""

    list_display = ("name", "url")
    fields = ("name", "url")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("name",) if obj is not None else ()

    def get_queryset(self, request: HttpRequest) -> "QuerySet[Registry]":
        rows: QuerySet[Registry] = super().get_queryset(request)
        return rows.filter(project=None)

    def save_model(self, request: HttpRequest, obj: Registry, form: Any, change: bool) -> None:
        try:
            saved = registries.save(obj.name, obj.url, by=actor(request))
        except Problem as problem:
            self.message_user(request, problem.message, messages.ERROR)
            raise
        obj.pk = saved.pk

    def delete_model(self, request: HttpRequest, obj: Registry) -> None:
        registries.remove(obj.name, by=actor(request))
