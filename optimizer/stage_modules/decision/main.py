"""Go on or not, and how: reasoned from what earlier iterations found."""

import json
from typing import Any, Literal

import xoptweb_sdk as sdk
from pydantic import BaseModel, ConfigDict, Field

client = sdk.client()
prompt = client.tunable("prompt", "What the model is told to do")
answers = client.tunable("answers", "Answers of the model at most, calls of tools included")
model = client.configurable("model", "Name of the model; empty: the usual one")

TOOLS = ("read_evaluations", "best_evaluations", "read_campaign", "find_campaigns")


class Answer(BaseModel):
    """What this module says."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["continue", "abort"]
    strategy: Literal["exploration", "optimization"]
    reasoning: str = Field(min_length=1, max_length=4000)


@sdk.step
def decide(given: dict[str, Any]) -> Any:
    sdk.progress(0.2, "the model weighs what is known")
    task = json.dumps(given, ensure_ascii=False, indent=1)
    answer = sdk.converse(prompt(), task, Answer, model=model or "", tools=TOOLS, steps=int(answers()))
    return answer.model_dump()


@sdk.module
def decision() -> Any:
    made = sdk.Module("xoptweb/decision", "1.0.0", "Decides how an iteration goes on")
    made.register("decide", decide, dict, dict)
    made.set_start_step("decide")
    return made


sdk.register(decision)
