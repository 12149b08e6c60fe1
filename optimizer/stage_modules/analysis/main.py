"""What came of an iteration, explained; the numbers are those that were calculated from the record."""

import json
from typing import Any

import xoptweb_sdk as sdk
from pydantic import BaseModel, ConfigDict, Field

client = sdk.client()
prompt = client.tunable("prompt", "What the model is told to do")
answers = client.tunable("answers", "Answers of the model at most, calls of tools included")
model = client.configurable("model", "Name of the model; empty: the usual one")

TOOLS = ("read_evaluations", "best_evaluations", "read_campaign", "search_documents")


class Answer(BaseModel):
    """What this module says."""

    model_config = ConfigDict(extra="forbid")

    explanation: str = Field(min_length=1, max_length=4000)
    recommendations: list[str] = Field([], max_length=8, description="What to do next, most important first.")
    stop: bool = Field(False, description="Whether no further iteration should be made.")
    why_stop: str = Field("", max_length=1000)


@sdk.step
def explain(given: dict[str, Any]) -> Any:
    sdk.progress(0.2, "the model reads the results")
    task = json.dumps(given, ensure_ascii=False, indent=1)
    answer = sdk.converse(prompt(), task, Answer, model=model or "", tools=TOOLS, steps=int(answers()))
    return answer.model_dump()


@sdk.module
def analysis() -> Any:
    made = sdk.Module("xoptweb/analysis", "1.0.0", "Explains what came of an iteration")
    made.register("explain", explain, dict, dict)
    made.set_start_step("explain")
    return made


sdk.register(analysis)
