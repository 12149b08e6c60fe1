"""One turn: the question, what was done to answer it, the answer, and what is to be said of it."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from agents.models import Conversation, Message, Turn
from agents.presentation import gallery
from agents.presentation.advice import advice
from agents.presentation.gallery import Card
from agents.presentation.markdown import rendered
from agents.presentation.sources import Proposal, Source, cited, links, proposals
from xoptweb.web.values import duration, visible

BEGINNING = 1200  # characters of a result that stand in the page
BRIEF = 90
MAKING = {"keep_artifact", "python", "shell"}  # what they give was made, not read, and stands as cards
TURNS_A_PAGE = 20
State = Turn.State
MANNERS = {State.QUEUED: "busy", State.RUNNING: "busy", State.DONE: "good", State.LIMITED: "warn",
           State.CANCELLED: "", State.FAILED: "bad"}  # fmt: skip


@dataclass(frozen=True)
class CallRow:
    """One call of a tool; `manner` is that of its dot."""

    number: int
    tool: str
    brief: str
    arguments: str
    beginning: str
    characters: int
    more: bool
    manner: str
    took: str
    summarised: bool


@dataclass(frozen=True)
class Step:
    """What the model said on the way, and what it called."""

    text: SafeString
    calls: list[CallRow]


@dataclass(frozen=True)
class Remark:
    """Something that what was read does not support."""

    what: str
    why: str


@dataclass
class TurnRow:
    turn: Turn
    question: str
    steps: list[Step] = field(default_factory=list)
    answer: SafeString | None = None
    sources: list[Source] = field(default_factory=list)
    proposals: list[Proposal] = field(default_factory=list)
    artifacts: list[Card] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    checked: str = ""
    manner: str = ""
    advice: str = ""
    spent: str = ""
    last: bool = False

    @property
    def may_continue(self) -> bool:
        return self.last and self.turn.state in {State.LIMITED, State.FAILED, State.CANCELLED}

    @property
    def draft_name(self) -> str:
        return f"{self.turn.pk}.{self.turn.steps}"


@dataclass(frozen=True)
class TurnsPage:
    """Turns in order; `before` is the number to ask for earlier ones, 0 when there are none."""

    rows: list[TurnRow]
    before: int


def page(conversation: Conversation, before: int | None = None) -> TurnsPage:
    """The newest turns, or those before a number: three queries however many."""
    turns = conversation.turns.order_by("-number")
    newest = turns.first()
    if before is not None:
        turns = turns.filter(number__lt=before)
    chosen = list(turns[: TURNS_A_PAGE + 1])
    shown = chosen[:TURNS_A_PAGE][::-1]
    rows = rows_of(conversation, shown, newest.number if newest else 0)
    return TurnsPage(rows, shown[0].number if len(chosen) > TURNS_A_PAGE else 0)


def rows_of(conversation: Conversation, turns: Sequence[Turn], newest: int) -> list[TurnRow]:
    """One query for the messages of all. What earlier turns read may be cited as well."""
    messages: dict[int, list[Message]] = defaultdict(list)
    for message in Message.objects.filter(turn__in=turns).order_by("number"):
        messages[message.turn_id].append(message)
    known: dict[str, str] = {}
    kept = gallery.made([message for turn in turns for message in messages[turn.pk]])
    made = []
    for turn in turns:
        known |= links(messages[turn.pk])
        row = _row(turn, messages[turn.pk], dict(known), last=turn.number == newest)
        numbers = [number for message in messages[turn.pk] for number in gallery.named(message.result)]
        row.artifacts = [kept[number] for number in dict.fromkeys(numbers) if number in kept]
        made.append(row)
    return made


def _row(turn: Turn, messages: list[Message], known: dict[str, str], *, last: bool) -> TurnRow:
    question = next((row.text for row in messages if row.role == Message.Role.USER), "")
    said = [row for row in messages if row.role == Message.Role.ASSISTANT]
    results = {row.call_id: row for row in messages if row.role == Message.Role.TOOL and row.call_id}
    row = TurnRow(turn, visible(question), manner=MANNERS[State(turn.state)], last=last)
    row.advice = advice(turn) if last else ""
    final = said[-1] if said and not said[-1].calls else None
    row.steps = [_step(one, results, known) for one in said if one is not final]
    if final is not None:
        row.answer = rendered(final.text, known)
        row.sources = cited(final.text, links(one for one in messages if one.tool not in MAKING))
    row.proposals = proposals(messages)
    row.remarks, row.checked = verdict(turn.verdict)
    row.spent = _spent(turn)
    return row


def _step(said: Message, results: dict[str, Message], known: dict[str, str]) -> Step:
    return Step(rendered(said.text, known), [_call(call, results.get(call["id"])) for call in said.calls])


def _call(call: dict[str, Any], result: Message | None) -> CallRow:
    arguments = call["arguments"] if call["arguments"] is not None else call["text"]
    text = "" if result is None else _pretty(result.result)
    return CallRow(
        number=result.number if result is not None else 0,
        tool=visible(call["name"]),
        brief=_brief(arguments),
        arguments=_pretty(arguments),
        beginning=text[:BEGINNING],
        characters=len(text),
        more=len(text) > BEGINNING,
        manner="busy" if result is None else "bad" if result.failed else "good",
        took=duration(result.seconds) if result is not None and result.seconds else "",
        summarised=bool(result is not None and result.summary),
    )


def _pretty(value: Any) -> str:
    return visible(json.dumps(value, indent=2, ensure_ascii=False))


def _brief(arguments: Any) -> str:
    """The arguments in a few words."""
    if isinstance(arguments, dict):
        parts = [f"{name} {_word(value)}" for name, value in arguments.items() if value not in ("", None, [], {})]
        text = visible(", ".join(parts))
    else:
        text = visible(str(arguments))
    return text if len(text) <= BRIEF else f"{text[: BRIEF - 1]}…"


def _word(value: Any) -> str:
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return " ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def verdict(verdict: dict[str, Any] | None) -> tuple[list[Remark], str]:
    """What is not supported, and how the answer was checked, in words."""
    if verdict is None:
        return [], ""
    remarks = [Remark(f"“{visible(claim['quote'])}”", visible(claim["why"])) for claim in verdict["claims"]]
    if numbers := verdict["numbers"]:
        remarks.append(Remark(", ".join(numbers), "in none of the results; perhaps computed from them"))
    remarks += [Remark(visible(link), "a link that no tool gave") for link in verdict["links"]]
    if not verdict["results"]:
        return remarks, "It read nothing for this answer."
    if verdict["trouble"]:
        return remarks, f"Only numbers and links were checked: {visible(verdict['trouble'])}"
    by = (
        "by the model, and by rule for numbers and links" if verdict["by_model"] else "by rule, numbers and links alone"
    )
    results = "1 result" if verdict["results"] == 1 else f"{verdict['results']} results"
    return remarks, f"Held against {results}, {by}."


def _spent(turn: Turn) -> str:
    parts = [f"{turn.steps} steps" if turn.steps != 1 else "1 step", f"{turn.tokens_in + turn.tokens_out} tokens"]
    if turn.cost is not None:
        parts.append(f"{turn.cost:.4f} $")
    if turn.prompt_version and not turn.prompt_version.endswith(" 0"):
        parts.append(f"prompt {turn.prompt_version.rpartition(' ')[2]}")
    if turn.started_at is not None and turn.ended_at is not None:
        parts.append(duration((turn.ended_at - turn.started_at).total_seconds()))
    return " · ".join(parts)
