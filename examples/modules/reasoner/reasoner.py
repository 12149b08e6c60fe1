"""Reasoning and acting in turns (ReAct): the model thinks, other modules work, until there is an answer."""

import re

import xopt
from xopt.models import Context, Module, StepResult

client = xopt.client()
prompt = client.tunable("prompt", "What the model is told before the question")
temperature = client.tunable("temperature", "0 for the same answer each time, higher for more variety")
model = client.configurable("model", "The model that thinks")
tool_list = client.configurable("tool_list", "Modules that may be asked")

PART = re.compile(r"^(Thought|Action|Action Input|Final Answer):[ \t]*(.*?)(?=^\w[\w ]*:|\Z)", re.DOTALL | re.MULTILINE)


class Turns(Context):
    """The question, and what was thought and found so far."""

    def __init__(self, question):
        self.question = question
        self.lines = []

    def add(self, text):
        self.lines.append(text)

    def get_context(self, text=None):
        return "\n".join([f"Question: {self.question}", *self.lines, *([text] if text else [])])


def parts_of(answer):
    """What the model wrote under each heading; of a heading that comes twice, the first."""
    found = {}
    for heading, text in PART.findall(answer):
        found.setdefault(heading, text.strip().strip("\"'"))
    return found


def tools_text():
    known = [details for name in tool_list if (details := xopt.details(name)) is not None]
    if not known:
        return "No module can be asked."
    return "Modules that can be asked:\n" + "\n".join(f"{each['name']}: {each['long_description']}" for each in known)


@xopt.step
def begin(question):
    """Begin a chain of turns."""
    carried = {"context": Turns(str(question)), "previous_action_result": None}
    return StepResult(action="step_call", content="", module_name="react_step", module_input=carried)


@xopt.step
def react_step(step_input):
    """One turn: the model decides whether to ask a module or to answer."""
    turns, found = step_input["context"], step_input["previous_action_result"]
    if found is not None:
        turns.add(f"Observation: {found}")
    answer = xopt.call_llm(
        f"{prompt()}\n{tools_text()}\n\n{turns.get_context()}", model=model, temperature=float(temperature())
    )
    turns.add(answer)
    parts = parts_of(answer)
    if parts.get("Action") and "Action Input" in parts:
        asked = {"input": parts["Action Input"], "context": turns}
        return StepResult(action="module_call", content="", module_name=parts["Action"], module_input=asked)
    return StepResult(action="response", content=parts.get("Final Answer") or parts.get("Thought") or answer)


@xopt.module
def reasoner() -> Module:
    module = Module(
        name="examples/reasoner",
        version="1.0.0",
        description="Answers a question by thinking in turns and asking other modules.",
        long_description="Answers any question in words. It thinks in turns and asks other modules where that helps.",
        tunables=[prompt, temperature],
        configurables=[model, tool_list],
    )
    module.register("begin", begin, str, StepResult)
    module.register("react_step", react_step, dict, StepResult)
    module.set_start_step("begin")
    return module


xopt.register(reasoner)
