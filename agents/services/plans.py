"""The plan of a conversation: made, followed, noted in. By its owner, or by the model that serves the owner."""

from collections.abc import Sequence

from django.utils import timezone

from agents.models import Conversation, Plan, PlanNote, PlanTask
from agents.services.owning import require_owner
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound
from xoptweb.live.services import publish
from xoptweb.plain import storable
from xoptweb.transactions import transaction

MOST_TASKS = 50
MOST_NOTES = 500
LONGEST_TASK = 400  # characters


def write(conversation: Conversation, goal: str, tasks: Sequence[str], *, by: Actor) -> Plan:
    """A new plan in the place of the old one; its notes stay.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Invalid: there is no task, or there are too many.
    """
    require_owner(conversation, by)
    if not 1 <= len(tasks) <= MOST_TASKS:
        raise Invalid("This is no plan.", fields={"tasks": f"there must be 1 to {MOST_TASKS}"})
    with transaction("a plan and its tasks belong together"):
        plan, _ = Plan.objects.get_or_create(conversation=conversation)
        plan.goal, plan.state, plan.updated_at = storable(goal)[:300], Plan.State.EXECUTING, timezone.now()
        plan.save()
        plan.tasks.all().delete()
        for number, text in enumerate(tasks, start=1):
            PlanTask.objects.create(plan=plan, number=number, text=storable(text)[:LONGEST_TASK])
        _tell(conversation)
    return plan


def add_task(conversation: Conversation, text: str, *, by: Actor) -> Plan:
    """One more task at the end, which begins a plan where there is none.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Invalid: it says nothing, or there are too many.
    """
    require_owner(conversation, by)
    kept = _task(text)
    with transaction("a task and the state of its plan belong together"):
        Plan.objects.get_or_create(conversation=conversation)
        plan = Plan.objects.select_for_update().get(conversation=conversation)  # tasks are numbered one after another
        last = plan.tasks.order_by("-number").first()
        number = (last.number if last is not None else 0) + 1
        if number > MOST_TASKS:
            raise Invalid("This is more than a plan can hold.", fields={"text": f"at most {MOST_TASKS} tasks"})
        PlanTask.objects.create(plan=plan, number=number, text=kept)
        if plan.state in {Plan.State.REVIEWING, Plan.State.COMPLETE}:
            plan.state = Plan.State.EXECUTING
        plan.updated_at = timezone.now()
        plan.save()
        _tell(conversation)
    return plan


def reword(conversation: Conversation, number: int, text: str, *, by: Actor) -> Plan:
    """Change what a task says.

    Raises:
        NotAllowed: the conversation is somebody else's.
        NotFound: it has no plan, or no such task.
        Invalid: it says nothing.
    """
    require_owner(conversation, by)
    plan, kept = of(conversation), _task(text)
    with transaction("a task and the time of its plan belong together"):
        if not plan.tasks.filter(number=number).update(text=kept):
            raise NotFound(f"The plan has no task {number}.")
        plan.updated_at = timezone.now()
        plan.save()
        _tell(conversation)
    return plan


def _task(text: str) -> str:
    kept = " ".join(storable(text).split())
    if not kept or len(kept) > LONGEST_TASK:
        raise Invalid("This is no task.", fields={"text": f"must have 1 to {LONGEST_TASK} characters"})
    return kept


def set_task(conversation: Conversation, number: int, state: str, *, by: Actor) -> Plan:
    """Change a task's state; the plan is reviewed when none is left to do.

    Raises:
        NotAllowed: the conversation is somebody else's.
        NotFound: it has no plan, or no such task.
    """
    require_owner(conversation, by)
    plan = of(conversation)
    with transaction("a task and the state of its plan belong together"):
        if state not in PlanTask.State.values or not plan.tasks.filter(number=number).update(state=state):
            raise NotFound(f"The plan has no task {number}, or no state “{state}”.")
        left = plan.tasks.filter(state__in=[PlanTask.State.TO_DO, PlanTask.State.DOING]).exists()
        plan.state = Plan.State.EXECUTING if left else Plan.State.REVIEWING
        plan.updated_at = timezone.now()
        plan.save()
        _tell(conversation)
    return plan


def set_state(conversation: Conversation, state: str, *, by: Actor) -> Plan:
    """Raises NotAllowed, NotFound, or Invalid for a state that is none."""
    require_owner(conversation, by)
    plan = of(conversation)
    if state not in Plan.State.values:
        raise Invalid("This is no state of a plan.", fields={"state": f"one of {', '.join(Plan.State.values)}"})
    with transaction("a plan's state is announced"):
        plan.state, plan.updated_at = state, timezone.now()
        plan.save()
        _tell(conversation)
    return plan


def note(conversation: Conversation, text: str, *, by: Actor) -> PlanNote:
    """Add to the notebook, which makes an empty plan where there is none.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Invalid: the note is empty, or the notebook is full.
    """
    require_owner(conversation, by)
    kept = storable(text).strip()[:4000]
    if not kept:
        raise Invalid("An empty note says nothing.", fields={"text": "is needed"})
    with transaction("a note is announced"):
        plan, _ = Plan.objects.get_or_create(conversation=conversation)
        if plan.notes.count() >= MOST_NOTES:
            raise Invalid("The notebook is full.", fields={"text": f"at most {MOST_NOTES} notes"})
        row = PlanNote.objects.create(plan=plan, text=kept, by=by.label)
        _tell(conversation)
    return row


def of(conversation: Conversation) -> Plan:
    """Raises NotFound."""
    plan = Plan.objects.filter(conversation=conversation).first()
    if plan is None:
        raise NotFound("This conversation has no plan yet.", code="no_plan")
    return plan


def _tell(conversation: Conversation) -> None:
    publish(conversation.stream, "plan", {})
