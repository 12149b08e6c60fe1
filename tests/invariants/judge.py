"""The six invariants of the design, judged from outside: by the IOC's put log and a client that is not ours."""

import pytest

from controls.demo.puts import Put
from controls.models import Lease, Write
from optimizer.models import Campaign, Evaluation
from tests.invariants.story import RANGE, START, Story

Final = Campaign.Final


def judge(story: Story) -> None:
    """Raises AssertionError with what was violated."""
    nothing_left_the_envelope(story)
    no_step_was_too_large(story)
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


def no_step_was_too_large(story: Story) -> None:
    """Each put from the one before it, as the IOC got them; after a restart, from where it began anew."""
    present, restarts = dict(START), list(story.restarts)
    for put in story.puts():
        if restarts and put.t > restarts[0]:
            present = dict(START)
            del restarts[0]
        name = story.variable(put)
        channel = story.channels[name]
        assert channel.max_step is not None
        assert abs(put.value - present[name]) <= channel.max_step * 1.0001, f"{put} comes from {present[name]}"
        present[name] = put.value


def every_put_had_its_intent(story: Story) -> list[tuple[Put, Write]]:
    """Each put in the IOC's log has an intent of its own that is older, with the very same value: the latest such."""
    intents = sorted(story.writes, key=lambda write: write.intended_at, reverse=True)
    pairs = []
    for put in story.puts():
        wanted = (story.ioc.prefix + put.name, put.value)
        of_it = (w for w in intents if (w.channel.address, w.value) == wanted)
        match = next((w for w in of_it if w.intended_at.timestamp() <= put.t + 0.001), None)
        assert match is not None, f"{put} has no intent"
        intents.remove(match)
        pairs.append((put, match))
    return pairs


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
    """At full precision: the recorded inputs are the values the IOC got; and before each put of an evaluation, those
    before it had ended.
    """
    for put, write in every_put_had_its_intent(story):
        for earlier in story.evaluations if write.evaluation is not None else []:
            if earlier.number < (write.evaluation or 0):
                assert earlier.ended_at is not None, f"{put} of {write.evaluation} while {earlier.number} was open"
                assert earlier.ended_at.timestamp() <= put.t, f"{put} came before the end of {earlier.number}"
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
    """In the IOC's log no old writer put after a new one, but for one put a channel whose answer nobody heard."""
    newest, late = 0, []
    for put, write in every_put_had_its_intent(story):
        if write.token < newest:
            assert write.outcome is None or write.code == "no_answer", f"{put} by an old writer after a new one"
            late.append(put.name)
        newest = max(newest, write.token)
    assert len(late) == len(set(late)), f"an old writer put more than once a channel: {late}"


def what_is_durable_while_it_is_held(story: Story) -> None:
    """From outside, while the writer is held at a failpoint: nothing that the IOC got waits to be written down."""
    every_put_had_its_intent(story)
    numbers = [evaluation.number for evaluation in story.evaluations]
    still_open = [
        e.number for e in story.evaluations if e.state in {Evaluation.State.ASKED, Evaluation.State.MEASURING}
    ]
    assert still_open in ([], numbers[-1:]), f"{still_open} are open, of {numbers}"
    for evaluation in story.evaluations:
        if evaluation.state == Evaluation.State.COMPLETED:
            assert evaluation.outputs, f"{evaluation.number} is completed, and nothing was measured"


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
