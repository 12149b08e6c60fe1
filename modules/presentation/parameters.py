"""Tunables and configurables with their values, bounds and histories."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from modules.models import Configurable, Module, Parameter, ParameterValue, Project, Tunable
from modules.presentation.words import brief
from modules.services import parameters, tunables, typed
from xoptweb.web.values import number

FAMILIES: dict[str, type[Parameter]] = {"tunables": Tunable, "configurables": Configurable}
ORIGINS = {"project": "set in the project", "module": "set for the module", "default": "brought along"}
LONG_TEXT = 80  # characters; longer text, and text of several lines, gets a text area
Kind = Parameter.Kind


@dataclass(frozen=True)
class ParameterRow:
    """One parameter as it stands for a module, or for a project; `last` is the newest value there."""

    parameter: Parameter
    value: str
    origin: str
    bounds: str
    last: ParameterValue | None


@dataclass(frozen=True)
class HistoryRow:
    """One value; number 0 is what was before the first. `in_force`: it is what holds there now."""

    number: int
    words: str
    row: ParameterValue | None
    in_force: bool


@dataclass(frozen=True)
class Choice:
    """`text` is what the form sends."""

    text: str
    label: str
    chosen: bool


def table(plural: str, module: Module, project: Project | None) -> list[ParameterRow]:
    """Every parameter, those that the current version does not know last; four queries."""
    family = FAMILIES[plural]
    values = effective(module, project)
    found: Mapping[str, Any] = getattr(values, plural)
    origins: Mapping[str, str] = getattr(values, f"{family.family}_origins")
    place = project.pk if project else None
    last = {row.parameter_id: row for row in parameters.in_force(family, module, [place])}
    rows = family._default_manager.filter(module=module).order_by("-declared", "name")
    return [
        ParameterRow(
            parameter=row,
            value=_words(row, found.get(row.name), last.get(row.pk)),
            origin=ORIGINS[origins.get(row.name, "default")],
            bounds=bounds(row),
            last=last.get(row.pk),
        )
        for row in rows
    ]


def _words(parameter: Parameter, value: Any, last: ParameterValue | None) -> str:
    """The value in force; of a module without an installed version, what was set."""
    if value is None and last is not None:
        value = last.value
    return "" if value is None else brief(typed.to_text(parameter, value))


def effective(module: Module, project: Project | None) -> tunables.Effective:
    return tunables.effective(module.current, project) if module.current else tunables.Effective()


def bounds(parameter: Parameter) -> str:
    """What a value may be, in words."""
    kind = Kind(parameter.kind)
    if kind == Kind.CHOICE:
        return f"one of {', '.join(str(one) for one in parameter.choices)}"
    low, high = parameter.minimum, parameter.maximum
    if kind != Kind.NUMBER or (low is None and high is None):
        return str(kind.label)
    if low is None:
        return f"number, at most {number(high)}"
    return f"number, at least {number(low)}" if high is None else f"number from {number(low)} to {number(high)}"


class ParameterPage:
    """One parameter at one place; `typed_text` is what somebody typed who was refused."""

    def __init__(
        self, plural: str, parameter: Parameter, project: Project | None, typed_text: str | None = None
    ) -> None:
        self.plural, self.parameter, self.project = plural, parameter, project
        self.history: list[ParameterValue] = list(tunables.history(parameter, project)[:MOST_SHOWN])
        self.last = self.history[0] if self.history else None
        values = effective(parameter.module, project)
        in_force: Mapping[str, Any] = getattr(values, plural)
        origins: Mapping[str, str] = getattr(values, f"{parameter.family}_origins")
        set_here = self.last.value if self.last else None
        self.value: Any = in_force.get(parameter.name, set_here)
        self.has_value = self.value is not None
        self.origin = ORIGINS[origins.get(parameter.name, "default")]
        self.below = self._below(values)
        self.text = typed.to_text(parameter, self.value) if self.has_value else ""
        self.shown_text = self.text if typed_text is None else typed_text

    def _below(self, values: tunables.Effective) -> Any:
        """What would hold without the values that were set here."""
        if self.project is not None:
            values = effective(self.parameter.module, None)
            found: Mapping[str, Any] = getattr(values, self.plural)
            return found.get(self.parameter.name)
        return self.parameter.default

    # -- the form

    @property
    def kind(self) -> str:
        """`choice`, `boolean`, `number`, `json`, `long` text or a `line` of text."""
        kind = Kind(self.parameter.kind)
        if kind != Kind.TEXT:
            return str(kind)
        default = self.parameter.default if isinstance(self.parameter.default, str) else ""
        long = any("\n" in text or len(text) > LONG_TEXT for text in (self.shown_text, default, self.text))
        return "long" if long or "prompt" in self.parameter.name else "line"

    @property
    def choices(self) -> list[Choice]:
        """Of a choice or a boolean."""
        if self.parameter.kind == Kind.BOOLEAN:
            pairs = [("true", "yes"), ("false", "no")]
        else:
            texts = [typed.to_text(self.parameter, one) for one in self.parameter.choices]
            pairs = [(text, text) for text in texts]
        return [Choice(text, label, text == self.shown_text) for text, label in pairs]

    @property
    def bounds(self) -> str:
        return bounds(self.parameter)

    @property
    def seen(self) -> int:
        return self.last.number if self.last else 0

    @property
    def can_clear(self) -> bool:
        return self.last is not None and not self.last.cleared

    @property
    def below_words(self) -> str:
        return brief(typed.to_text(self.parameter, self.below)) if self.below is not None else "nothing"

    @property
    def choices_text(self) -> str:
        """The list of choices as the form for it has them, one a line."""
        return "\n".join(typed.to_text(self.parameter, one) for one in self.parameter.choices)

    # -- what was

    @property
    def rows(self) -> list[HistoryRow]:
        """The newest first; the last is number 0."""
        found = [HistoryRow(row.number, self._words(row), row, row is self.last) for row in self.history]
        if not self.history or self.history[-1].number == 1:
            found.append(HistoryRow(0, f"nothing set here: {self.below_words}", None, not self.history))
        return found

    def _words(self, row: ParameterValue) -> str:
        return "taken back" if row.cleared else brief(typed.to_text(self.parameter, row.value))

    def text_of(self, number: int) -> str | None:
        """The value with that number as people edit it; None when there is none."""
        row = tunables.history(self.parameter, self.project).filter(number=number).first()
        if row is None and number != 0:
            return None
        value = self.below if row is None or row.cleared else row.value
        return "" if value is None else typed.to_text(self.parameter, value)


MOST_SHOWN = 100
