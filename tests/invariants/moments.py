"""A campaign whose writer is held at one of its failpoints."""

from controls.failpoints import Failpoint
from controls.services.stopping import stop_machine
from optimizer.models import Evaluation
from tests.invariants.failpoints import Failpoints
from tests.invariants.judge import what_is_durable_while_it_is_held
from tests.invariants.stack import Stack
from tests.invariants.story import Story

DONE_WITH_IT = {Failpoint.COMPLETED, Failpoint.TOLD}  # where the last evaluation is durable, says the writer


def begin(story: Story, stack: Stack, failpoints: Failpoints, point: Failpoint, **choices: object) -> int:
    """Run a campaign until a process is held at `point`; on the way back after a stop, where the point is there."""
    story.request(**choices)
    failpoints.arm(point, nth=1 if point == Failpoint.RESTORE_STEP else 2)
    story.approve()
    if point == Failpoint.RESTORE_STEP:
        story.until_evaluations(2)
        stop_machine(stack.machine, by=story.actor(story.operator), reason="to reach the way back")
    pid = failpoints.wait()
    what_is_durable_while_it_is_held(story)
    if point in DONE_WITH_IT:
        assert {e.state for e in story.evaluations} == {Evaluation.State.COMPLETED}
    return pid
