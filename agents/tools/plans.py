"""Planning what takes several steps, and noting what was found."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.models import Plan
from agents.services import plans
from agents.tools.place import conversation
from xoptweb.actors import Actor
from xoptweb.errors import NotFound
from xoptweb.tools.registry import tool


class WritePlan(BaseModel):
    """What is to be reached, and the steps to it, in order."""

    goal: str = Field(max_length=300)
    tasks: list[str] = Field(min_length=1, max_length=plans.MOST_TASKS)


@tool(
    "write_plan",
    "Make a plan of several steps, which the person sees. It replaces the old one.",
    "view_machine",
    changes=True,
    for_conversation=True,
)
def write_plan(arguments: WritePlan, *, by: Actor) -> dict[str, Any]:
    return _shown(plans.write(conversation(by), arguments.goal, arguments.tasks, by=by))


class SetTask(BaseModel):
    task: int = Field(description="Its number in the plan.", ge=1)
    state: Literal["to_do", "doing", "done", "dropped"]


@tool("set_task", "Say how a task of the plan stands.", "view_machine", changes=True, for_conversation=True)
def set_task(arguments: SetTask, *, by: Actor) -> dict[str, Any]:
    return _shown(plans.set_task(conversation(by), arguments.task, arguments.state, by=by))


class Note(BaseModel):
    text: str = Field(min_length=1, max_length=4000)


@tool("note", "Write into the notebook of the plan.", "view_machine", changes=True, for_conversation=True)
def note(arguments: Note, *, by: Actor) -> dict[str, Any]:
    row = plans.note(conversation(by), arguments.text, by=by)
    return {"noted": row.text}


class ReadPlan(BaseModel):
    """The plan of this conversation."""


@tool("read_plan", "Read the plan with its tasks and notes.", "view_machine", for_conversation=True)
def read_plan(arguments: ReadPlan, *, by: Actor) -> dict[str, Any]:
    try:
        return _shown(plans.of(conversation(by)))
    except NotFound:
        return {"plan": None}


def _shown(plan: Plan) -> dict[str, Any]:
    return {
        "goal": plan.goal,
        "state": plan.state,
        "tasks": [{"task": each.number, "text": each.text, "state": each.state} for each in plan.tasks.all()],
        "notes": [{"text": each.text, "by": each.by} for each in plan.notes.order_by("-id")[:20]],
    }
