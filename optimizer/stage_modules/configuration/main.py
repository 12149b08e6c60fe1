"""How an iteration is configured; whoever asked checks every value, and asks again with what was wrong."""

import json
from typing import Any, Literal

import xoptweb_sdk as sdk
from pydantic import BaseModel, ConfigDict, Field

client = sdk.client()
prompt = client.tunable("prompt", "What the model is told to do")
answers = client.tunable("answers", "Answers of the model at most, calls of tools included")
model = client.configurable("model", "Name of the model; empty: the usual one")

TOOLS = ("best_evaluations", "read_evaluations", "find_campaigns", "read_campaign", "search_documents", "read_channels")


class Range(BaseModel):
    """In the channel's units."""

    model_config = ConfigDict(extra="forbid")

    low: float
    high: float


class Initial(BaseModel):
    """Points that are set before the generator is asked, beside the present values."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["latin_hypercube", "random", "best", "none"] | None = None
    count: int | None = Field(None, ge=0)


class Choices(BaseModel):
    """What is left out is chosen by the rules."""

    model_config = ConfigDict(extra="forbid")

    variables: dict[str, Range | None] | None = Field(
        None, description="The variables to move, each with a range, or null for the range of the rules."
    )
    generator: str | None = None
    options: dict[str, Any] = Field({}, description="Options of the generator, by name.")
    evaluations: int | None = Field(None, ge=1)
    initial: Initial = Initial()


class Answer(BaseModel):
    """What this module says."""

    model_config = ConfigDict(extra="forbid")

    choices: Choices
    reasoning: str = Field(min_length=1, max_length=4000)


@sdk.step
def configure(given: dict[str, Any]) -> Any:
    again = bool(given.get("refused"))
    sdk.progress(0.2, "the model mends what was refused" if again else "the model chooses")
    task = json.dumps(given, ensure_ascii=False, indent=1)
    answer = sdk.converse(prompt(), task, Answer, model=model or "", tools=TOOLS, steps=int(answers()))
    return answer.model_dump(exclude_unset=True)


@sdk.module
def configuration() -> Any:
    made = sdk.Module("xoptweb/configuration", "1.0.0", "Configures an iteration")
    made.register("configure", configure, dict, dict)
    made.set_start_step("configure")
    return made


sdk.register(configuration)
