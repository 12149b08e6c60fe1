"""The six invariants of the design, judged from outside: by the IOC's put log and a client that is not ours."""

import pytest

from controls.models import Lease
from optimizer.models import Campaign, Evaluation
from tests.invariants.story import RANGE, START, Story

Final = Campaign.Final


def judge(story: Story) -> None:
    """Raises AssertionError with what was violated."""
    nothing_left_the_envelope(story)
    every_put_had_its_intent(story)
    rest_is_where_the_record_says(story)
    completed_evaluations_came_before_the_next_put(story)
    one_writer_at_a_time(story)
    what_ran_was_approved(story)
    no_evaluation_is_left_open(story)


def nothing_left_the_envelope(story: Story) -> None:
    for put in story.puts():
        low, high = RANGE[story.variable(put)]
        assert low <= put.value <= high, f"{put} is outside the envelope"


def every_put_had_its_intent(story: Story) -> None:
    """Each put in the IOC's log has an intent of its own that is older, with the very same value."""
    intents = [(write.channel.address, write.value, write.intended_at.timestamp()) for write in story.writes]
    for put in story.puts():
        address = story.ioc.prefix + put.name
        match = next((i for i in intents if i[:2] == (address, put.value) and i[2] <= put.t + 0.001), None)
        assert match is not None, f"{put} has no intent"
        intents.remove(match)


def rest_is_where_the_record_says(story: Story) -> None:
    final, setpoints = story.campaign.final, story.setpoints()
    if final in {Final.RESTORED, Final.NOT_MOVED}:
        assert setpoints == pytest.approx(START), f"the record says {final}"
    elif final in {Final.BEST, Final.LEFT}:
        last = [e for e in story.evaluations if e.state == Evaluation.State.COMPLETED][-1]
        assert setpoints == pytest.approx(last.inputs), f"the record says {final}"
    else:
        assert final == Final.NOT_RESTORED, f"the record says {final}"
        held = Lease.objects.filter(correlation=f"campaign:{story.campaign.pk}").exclude(state="released")
        assert held.exists(), "it says not restored, and the channels are not locked"


def completed_evaluations_came_before_the_next_put(story: Story) -> None:
    """At full precision: the recorded inputs are the values the IOC got."""
    puts = story.puts()
    seen = {(story.variable(put), put.value) for put in puts}
    for evaluation in story.evaluations:
        if evaluation.state != Evaluation.State.COMPLETED or evaluation.source == Evaluation.Source.CURRENT:
            continue
        assert all((name, value) in seen for name, value in evaluation.inputs.items())
        assert evaluation.ended_at is not None
        began = evaluation.started_at.timestamp()
        during = [put for put in puts if began <= put.t <= evaluation.ended_at.timestamp()]
        assert during, "an evaluation without a put"


def one_writer_at_a_time(story: Story) -> None:
    """Fencing tokens only grow in the order of the writes, so no old writer wrote after a new one."""
    tokens = [write.token for write in story.writes]
    assert tokens == sorted(tokens)


def what_ran_was_approved(story: Story) -> None:
    approvals = {iteration.approval_id for iteration in story.campaign.iterations.all() if iteration.approval_id}
    assert story.execution.approval_id in approvals
    assert story.execution.approval.state == "used"
    made = story.execution.evaluations.exclude(source=Evaluation.Source.CONFIRMATION).count()
    envelope = story.execution.approval.envelope
    assert envelope is not None
    assert made <= envelope["evaluations"]


def no_evaluation_is_left_open(story: Story) -> None:
    assert not [e for e in story.evaluations if e.state in {Evaluation.State.ASKED, Evaluation.State.MEASURING}]
