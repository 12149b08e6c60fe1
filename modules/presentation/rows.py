"""One row of the waterfall for each span: words, times, and a bar drawn by the server."""

from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from modules.presentation.spans import Span
from modules.presentation.words import brief, money, took
from xoptweb.web.values import visible

NARROWEST = 0.004  # of the whole width, so that it can be seen
DEEPEST = 8  # indented; what is deeper stands there too
ICONS = {
    "step": "bi-play-fill", "llm_call": "bi-chat-left-text", "module_call": "bi-box-seam", "tool_call": "bi-tools",
    "print": "bi-terminal", "error": "bi-exclamation-octagon", "progress": "bi-hourglass", "state": "bi-flag",
    "artifact": "bi-images",
}  # fmt: skip
NAMES = {
    "step": "step", "llm_call": "model call", "module_call": "module call", "tool_call": "tool call",
    "print": "print", "error": "error", "progress": "progress", "state": "state",
    "artifact": "kept",
}  # fmt: skip


@dataclass(frozen=True)
class Bar:
    """In per cent of the shown time."""

    x: str
    width: str
    words: str


@dataclass(frozen=True)
class Row:
    """`run` is the run that was called, `more` what is not shown of it in words."""

    identity: str
    kind: str
    kind_words: str
    icon: str
    title: str
    text: str
    indent: int
    at: str
    took: str
    facts: str
    manner: str
    detail: str
    bar: Bar
    run: int | None = None
    more: str = ""


@dataclass(frozen=True)
class Scale:
    """The seconds that the bars span."""

    first: float
    last: float

    def bar(self, begin: float, end: float) -> Bar:
        length = max(self.last - self.first, 1e-6)
        x = min(1.0 - NARROWEST, max(0.0, (begin - self.first) / length))
        share = min(1.0 - x, max(NARROWEST, (end - begin) / length))
        return Bar(f"{100 * x:.3f}%", f"{100 * share:.3f}%", f"from {took(begin)}, {took(end - begin)} long")


@dataclass
class Shown:
    """A span of some run, on the clock of the run whose page it is; `children` are those of the run it called."""

    run: int
    span: Span
    begin: float
    end: float | None
    live: bool
    more: str = ""
    children: list["Shown"] = field(default_factory=list)


def row(shown: Shown, scale: Scale) -> Row:
    span, payload = shown.span, shown.span.event.payload
    kind = span.event.kind
    ending = span.end.payload if span.end else {}
    end = shown.end if shown.end is not None else scale.last if span.opens else shown.begin
    called = payload.get("run") if kind == "module_call" else None
    return Row(
        identity=f"event-{shown.run}-{span.event.number}",
        kind=kind if kind in ICONS else "note",
        kind_words=NAMES.get(kind, kind.replace("_", " ")),
        icon=ICONS.get(kind, "bi-dot"),
        title=title(span),
        text=text(kind, payload, ending),
        indent=min(span.depth, DEEPEST),
        at=took(shown.begin),
        took=took(end - shown.begin) if shown.end is not None and span.opens else "",
        facts=facts(ending),
        manner=manner(shown, ending),
        detail=address(shown),
        bar=scale.bar(shown.begin, end),
        run=called if isinstance(called, int) else None,
        more=shown.more,
    )


def title(span: Span) -> str:
    payload = span.event.payload
    match span.event.kind:
        case "step":
            name = payload.get("module") if span.is_whole else payload.get("step_name")
        case "llm_call":
            name = payload.get("model") or "the default model"
        case "module_call":
            name = payload.get("target_module")
        case "tool_call":
            name = payload.get("tool")
        case "state":
            name = payload.get("state")
        case "progress":
            name = _per_cent(payload.get("fraction"))
        case "print":
            name = "stderr" if payload.get("stream") == "stderr" else "print"
        case "artifact":
            name = payload.get("title")
        case "error":
            name = "error"
        case _:
            name = NAMES.get(span.event.kind, span.event.kind.replace("_", " "))
    return brief(name or NAMES.get(span.event.kind, span.event.kind))


def _per_cent(fraction: Any) -> str:
    return f"{100 * fraction:.0f} %" if isinstance(fraction, int | float) else "progress"


def text(kind: str, payload: dict[str, Any], ending: dict[str, Any]) -> str:
    """What it is about, on one line: what went wrong, what came out, else what went in."""
    if error := payload.get("error") or ending.get("error"):
        return brief(error)
    match kind:
        case "llm_call":
            said = ending.get("response") or payload.get("prompt")
        case "tool_call":
            said = ending.get("result", payload.get("arguments"))
        case "step" | "module_call":
            said = ending.get("output", payload.get("input"))
        case "state":
            said = payload.get("message") or _attempt(payload)
        case "print" | "progress":
            said = payload.get("text")
        case _:
            said = payload.get("beginning") or {name: value for name, value in payload.items() if name != "t"}
    return brief(said)


def _attempt(payload: dict[str, Any]) -> str:
    number = payload.get("attempt")
    return f"attempt {number}" if isinstance(number, int) and number > 1 else ""


def facts(ending: dict[str, Any]) -> str:
    """Tokens and cost of a model call."""
    if "tokens_out" not in ending:
        return ""
    tokens = f"{ending.get('tokens_in', 0)} → {ending['tokens_out']} tokens"
    return f"{tokens} · {money(ending['cost'])}" if ending.get("cost") is not None else tokens


def manner(shown: Shown, ending: dict[str, Any]) -> str:
    """Bad where something went wrong, busy while it goes on."""
    payload = shown.span.event.payload
    if payload.get("error") or ending.get("error") or payload.get("state") in ("failed", "lost"):
        return "bad"
    if shown.span.opens and shown.end is None:
        return "busy" if shown.live else "warn"
    return ""


def address(shown: Shown) -> str:
    """Where the whole of it is shown."""
    url = reverse("run-event", args=[shown.run, shown.span.event.number])
    return f"{url}?end={shown.span.end.number}" if shown.span.end else url


def crumb(span: Span) -> str:
    return visible(title(span))
