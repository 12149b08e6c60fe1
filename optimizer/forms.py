"""What a person typed about a new campaign, as the service takes it; everything typed is kept as it was."""

from collections.abc import Iterable
from typing import Any

from django.http import QueryDict

from optimizer.generators.catalogue import entry
from optimizer.generators.options import Option
from optimizer.services.choices import Pinned
from xoptweb.errors import Invalid
from xoptweb.web.values import MINUS, plain, visible

TEXTS = ("environment", "sentence", "objective", "end", "after_crash", "after_module_failure")
NUMBERS = ("iterations_max", "votes_needed")
PINNED_NUMBERS = ("evaluations", "seconds", "confirmations", "seed")
FLAGS = ("requester_may_decide", "ask_each_iteration")


class Typed:
    """A submitted form. Names: `variable` (several), `low-Q1`, `high-Q1`, `option-<name>`, `constraint` (several)."""

    def __init__(self, data: QueryDict) -> None:
        self.data = data

    @property
    def submitted(self) -> bool:
        """Whether the choices below the sentence were on the page that sent this."""
        return "choices" in self.data

    def text(self, name: str) -> str:
        return self.data.get(name, "").replace("\x00", "").strip()

    def number(self, name: str) -> str:
        """Digits as Python reads them; what is no number is left for the service to refuse."""
        return self.text(name).replace(MINUS, "-").replace("\u2009", "").replace("\u00a0", "")

    def several(self, name: str) -> list[str]:
        return self.data.getlist(name)


def written_out(given: QueryDict) -> QueryDict:
    """What a link fills in, such as a model's proposal, so that nothing in it hides from whoever looks at it."""
    shown = given.copy()
    for name in list(shown):
        shown.setlist(name, [visible(text) for text in shown.getlist(name)])
    return shown


def choices(typed: Typed, constraints: Iterable[str]) -> dict[str, Any]:
    """What `optimizer.services.choices.parse` takes. `constraints` are the environment's: dropping one is a choice."""
    given: dict[str, Any] = {name: text for name in TEXTS if (text := typed.text(name))}
    given |= {name: text for name in NUMBERS if (text := typed.number(name))}
    given |= {name: bool(typed.text(name)) for name in FLAGS}
    given["pinned"] = _pinned(typed, list(constraints))
    if key := typed.text("idempotency_key"):
        given["idempotency_key"] = key
    return given


def _pinned(typed: Typed, constraints: list[str]) -> dict[str, Any]:
    pinned: dict[str, Any] = {name: text for name in PINNED_NUMBERS if (text := typed.number(name))}
    pinned["variables"] = {name: _range(typed, name) for name in typed.several("variable")}
    if generator := typed.text("generator"):
        pinned |= {"generator": generator, "options": _options(typed, generator)}
    if method := typed.text("method"):
        pinned["initial"] = {"method": method}
    if count := typed.number("count"):
        pinned.setdefault("initial", {})["count"] = count
    kept = [name for name in typed.several("constraint") if name in constraints]
    if kept != constraints:
        pinned["constraints"] = kept
    return pinned


def _range(typed: Typed, name: str) -> dict[str, str] | None:
    """Nothing typed means the environment's rule; one side alone is refused by the service."""
    sides = {side: text for side in ("low", "high") if (text := typed.number(f"{side}-{name}"))}
    return sides or None


def _options(typed: Typed, generator: str) -> dict[str, Any]:
    try:
        known = entry(generator).options
    except Invalid:
        return {}
    return {
        option.name: _typed_option(option, text) for option in known if (text := typed.number(f"option-{option.name}"))
    }


def _typed_option(option: Option, text: str) -> Any:
    """As the option's type where that can be; otherwise the text itself, which the catalogue refuses by its name."""
    try:
        if option.type == "integer":
            return int(text)
        if option.type == "number":
            return float(text)
    except ValueError:
        return text
    if option.type == "boolean":
        return {"true": True, "false": False}.get(text, text)
    return text


def from_pinned(pinned: Pinned, variables: Iterable[str], constraints: Iterable[str]) -> Typed:
    """The form as it would have been filled in to make these choices; `variables`, `constraints` are the usual ones."""
    data = QueryDict(mutable=True)
    data["choices"] = "1"
    data.setlist("variable", list(variables) if pinned.variables is None else list(pinned.variables))
    data.setlist("constraint", list(constraints) if pinned.constraints is None else pinned.constraints)
    for name, chosen in (pinned.variables or {}).items():
        if chosen is not None:
            data[f"low-{name}"], data[f"high-{name}"] = plain(chosen.low), plain(chosen.high)
    for name in PINNED_NUMBERS:
        data[name] = plain(getattr(pinned, name))
    data["generator"] = pinned.generator or ""
    for name, value in pinned.options.items():
        data[f"option-{name}"] = str(value).lower() if isinstance(value, bool) else plain(value)
    data["method"], data["count"] = pinned.initial.method or "", plain(pinned.initial.count)
    return Typed(data)


def pinned_choices(typed: Typed, constraints: Iterable[str]) -> dict[str, Any]:
    """What `optimizer.services.choices.parse_pinned` takes."""
    return _pinned(typed, list(constraints))
