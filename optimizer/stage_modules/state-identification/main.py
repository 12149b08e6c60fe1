"""Is the machine ready? The documents are read first, then the channels; whatever stays unclear is unknown."""

import json
from typing import Any, Literal

import xoptweb_sdk as sdk
from pydantic import BaseModel, ConfigDict, Field

client = sdk.client()
prompt = client.tunable("prompt", "What the model is told to do")
answers = client.tunable("answers", "Answers of the model at most, calls of tools included")
document_characters = client.tunable("document_characters", "How much of the documents the model reads, in all")
model = client.configurable("model", "Name of the model; empty: the usual one")

PART = 8000  # characters that are read at once
TOOLS = ("read_channels", "channel_history", "find_channels", "search_documents")


class Observation(BaseModel):
    """One thing that was seen, and what it means for the question."""

    model_config = ConfigDict(extra="forbid")

    what: str = Field(min_length=1, max_length=500)
    channel: str = Field("", max_length=120, description="Short name of a channel that was read; empty: none.")
    meaning: str = Field("", max_length=500)


class Answer(BaseModel):
    """What this module says."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["ready", "not ready", "unknown"]
    reasoning: str = Field(min_length=1, max_length=4000)
    channels_checked: list[str] = Field([], max_length=100, description="Short names of the channels that were read.")
    observations: list[Observation] = Field([], max_length=50)


@sdk.step
def read_documents(given: dict[str, Any]) -> Any:
    """Documents are read by rule, not by choice of the model, from the first to the last as far as there is room."""
    left = int(document_characters())
    read: list[dict[str, Any]] = []
    for document in given.get("documents", []):
        text = _text(document, left)
        left -= len(text)
        rest = max(0, document["characters"] - len(text))
        read.append({"title": document["title"], "text": text, "left_out": rest})
        sdk.progress(0.2, f"read “{document['title']}”")
    return sdk.StepResult(
        action="step_call", content="", module_name="look", module_input={"given": given, "documents": read}
    )


def _text(document: dict[str, Any], most: int) -> str:
    """The document's beginning, at most so many characters of it."""
    text, offset = "", 0
    while len(text) < most and offset is not None:
        part = min(PART, most - len(text))
        found = sdk.call_tool("read_document", document=document["id"], offset=offset, characters=part)
        if not isinstance(found, dict) or "text" not in found:
            raise RuntimeError(f"The document “{document['title']}” can't be read.")
        text, offset = text + found["text"], found["next_offset"]
    return text


@sdk.step
def look(state: dict[str, Any]) -> Any:
    """The model reads channels with tools and concludes."""
    given = state["given"]
    sdk.progress(0.3, "the model looks at the channels")
    task = json.dumps(
        {
            "machine": given["machine"],
            "environment": given["environment"],
            "goal": given["goal"],
            "what_the_rules_found": given["rules"],
            "channels": given["channels"],
            "documents": state["documents"],
        },
        ensure_ascii=False,
        indent=1,
    )
    answer = sdk.converse(prompt(), task, Answer, model=model or "", tools=TOOLS, steps=int(answers()))
    return answer.model_dump()


@sdk.module
def state_identification() -> Any:
    made = sdk.Module("xoptweb/state-identification", "1.0.0", "Says whether the machine is ready")
    made.register("read_documents", read_documents, dict, dict)
    made.register("look", look, dict, dict)
    made.set_start_step("read_documents")
    return made


sdk.register(state_identification)
