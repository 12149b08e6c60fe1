"""What is asked of a model, on whose behalf, and what comes back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xoptweb.errors import Problem

if TYPE_CHECKING:
    from xoptweb.accounts.models import User

Message = Mapping[str, Any]


class Cancelled(Problem):
    """Somebody did not want the answer any more."""

    status, code = 409, "cancelled"


@dataclass(frozen=True)
class Cause:
    """What a call is for and who is served: by these it is found again, and counted."""

    purpose: str = ""
    subject: str = ""
    user: "User | None" = None


@dataclass(frozen=True)
class Offered:
    """A tool that the model may call; `schema` is the JSON schema of its arguments, `check` says what is wrong with
    some, if anything."""

    name: str
    description: str
    schema: Mapping[str, Any]
    check: Callable[[dict[str, Any]], str] | None = None


@dataclass(frozen=True)
class Called:
    """A call that the model made. `arguments` is None where they are no JSON object; then `text` is what it wrote."""

    id: str
    name: str
    arguments: dict[str, Any] | None
    text: str = ""


@dataclass(frozen=True)
class Request:
    """`model` chooses the profile. `schema` has the answer held to a JSON schema where the endpoint can do that.

    `prompt_version` names the tunable prompt that the messages begin with, for the record.
    """

    messages: Sequence[Message]
    model: str = ""
    temperature: float = 0.1
    max_tokens: int = 2000
    tools: Sequence[Offered] = ()
    schema: Mapping[str, Any] | None = None
    prompt_version: str = ""


@dataclass(frozen=True)
class Completion:
    """What a model said. Tokens as the endpoint counts them, or a guess; `cost` in US dollars, None where it is not
    known: without prices, or where the tokens are a guess. `thought`: it thought before, which is not in the text."""

    text: str
    model: str
    tokens_in: int
    tokens_out: int
    latency_s: float
    cost: float | None = None
    calls: tuple[Called, ...] = ()
    faults: tuple[str, ...] = field(default=())
    finish: str = "stop"
    thought: bool = False
    call_id: int | None = None

    @property
    def cut(self) -> bool:
        """Whether the answer ends where no more tokens were allowed, or the context was full."""
        return self.finish == "length"

    def nothing(self) -> str:
        """Why an answer holds nothing."""
        if self.cut:
            when = " while it was thinking" if self.thought else ""
            after = f", after {self.tokens_out} tokens" if self.tokens_out else ""
            return (
                f"The model was cut off{when} before it said anything{after}: an administrator can allow more answer"
                " tokens in its profile, or switch its thinking off."
            )
        return "The model thought, and then said nothing." if self.thought else "The model said nothing."
