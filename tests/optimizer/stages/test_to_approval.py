"""From a sentence to a decision, on the real demo linac."""

from datetime import timedelta

import pytest
from django.utils import timezone

from controls.demo.process import DemoIoc
from controls.models import Machine
from optimizer.configuration import Configuration
from optimizer.models import Campaign, Environment, Execution, Iteration, Stage, StageRecord, Variable
from optimizer.services.campaigns import parse_pinned, revise, stop, waiting_for_changes
from optimizer.stages.run import gave_up, run
from tests.ca_client import IndependentClient
from tests.optimizer.world import acting, approve, iteration_of, record_of, request, run_due_stages
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.approvals.expiry import expire_due
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.live.models import Event
from xoptweb.work.models import Work

State = Campaign.State
BEFORE_APPROVAL = ["state", "decision", "configuration", "approval"]


def asked(campaign: Campaign) -> Approval:
    """The approval that the campaign waits for."""
    campaign.refresh_from_db()
    approval = iteration_of(campaign).approval
    assert approval is not None, campaign.message
    return approval


def test_a_sentence_leads_to_everything_a_person_needs_to_decide(
    live: Environment, linac: DemoIoc, olga: User, peter: User
) -> None:
    campaign = request(olga)
    assert run_due_stages() == BEFORE_APPROVAL
    approval = asked(campaign)
    assert campaign.state == State.AWAITING_APPROVAL
    assert approval.title == "20 evaluations on 3 channels"
    content = approval.content
    configuration = Configuration.model_validate(content["configuration"])
    assert configuration.generator == "latin_hypercube"
    assert configuration.start == {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
    assert {name: (v.low, v.high) for name, v in configuration.variables.items()} == dict.fromkeys(
        ("Q1", "Q2", "Q3"), (-20.0, 20.0)
    )
    baseline = configuration.baseline
    assert baseline is not None
    assert baseline.error is not None
    assert 0 < baseline.error < baseline.value / 10
    assert content["state"]["state"] == "ready"
    assert [criterion["state"] for criterion in content["state"]["criteria"]] == ["holds"] * 4
    assert "generator: latin_hypercube" in [line for _, line in content["difference"]]
    assert 0 < content["estimated_s"] <= content["at_most_s"]
    envelope = approval.envelope or {}
    assert envelope["machine"] == "demo-linac"
    assert envelope["evaluations"] == 20
    assert envelope["channels"]["Q1"]["start"] == 10.0
    assert linac.puts("LI01:QUAD:01:K1") == []

    approve(approval, peter)
    campaign.refresh_from_db()
    execution = Execution.objects.get(iteration__campaign=campaign)
    assert (campaign.state, execution.state) == (State.EXECUTING, Execution.State.QUEUED)
    work = Work.objects.get(name="optimizer.execute")
    assert (work.queue, work.arguments) == ("control.demo-linac", {"execution": execution.pk})


def test_every_stage_tells_what_it_concluded_and_why(live: Environment, olga: User) -> None:
    campaign = request(olga)
    run_due_stages()
    records = {record.stage: record for record in iteration_of(campaign).stages.all()}
    assert records["state"].summary == "ready · 4 of 4 criteria"
    assert records["decision"].summary == "exploration"
    assert records["configuration"].summary == "latin hypercube"
    assert "beam_size is" in records["configuration"].reasoning
    assert records["approval"].state == StageRecord.State.RUNNING
    events = Event.objects.filter(stream=f"campaign:{campaign.pk}", kind="stage")
    assert [e.payload["stage"] for e in events.order_by("number")] == [
        "state", "state", "decision", "decision", "configuration", "configuration", "approval", "approval",
    ]  # fmt: skip


def test_a_stage_that_runs_again_changes_nothing(live: Environment, olga: User) -> None:
    campaign = request(olga)
    run_due_stages()
    iteration = iteration_of(campaign)
    for stage in BEFORE_APPROVAL:
        run(iteration.pk, Stage(stage), 1)
    Campaign.objects.filter(pk=campaign.pk).update(state=State.RUNNING)
    for stage in BEFORE_APPROVAL:
        run(iteration.pk, Stage(stage), 1)
    assert Approval.objects.count() == 1
    assert iteration.stages.count() == 4
    assert Work.objects.filter(name="optimizer.stage").count() == 4


def test_a_machine_that_is_not_ready_is_not_touched(live: Environment, outside: IndependentClient, olga: User) -> None:
    outside.put("LI01:SIM:TRIP", 1)
    try:
        wait_until(lambda: outside.get("LI01:ILK:01:STATUS") != 0)
        campaign = request(olga)
        assert run_due_stages() == ["state", "decision"]
    finally:
        outside.put("LI01:SIM:TRIP", 0)
        wait_until(lambda: outside.get("LI01:BEAM:01:CHARGE") > 90)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.final) == (State.ABORTED, Campaign.Final.NOT_MOVED)
    assert "interlock clear" in campaign.message
    record = record_of(iteration_of(campaign), "state")
    assert record.result["state"] == "not ready"
    found = {each["name"]: each for each in record.result["criteria"]}
    assert (found["interlock clear"]["state"], found["interlock clear"]["value"]) == ("violated", 1)
    assert found["screen inserted"]["state"] == "holds"


@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_read_is_unknown_and_aborts(demo: Environment, olga: User) -> None:
    campaign = request(olga)
    assert run_due_stages() == ["state", "decision"]
    campaign.refresh_from_db()
    assert campaign.state == State.ABORTED
    assert "unknown" in campaign.message
    criteria = record_of(iteration_of(campaign), "state").result["criteria"]
    assert {each["state"] for each in criteria} == {"unknown"}
    assert "monitor" in criteria[0]["reason"]


def test_a_baseline_that_is_no_number_fails_visibly(live: Environment, outside: IndependentClient, olga: User) -> None:
    outside.put("LI01:SIM:NAN", 1)
    try:
        wait_until(lambda: outside.get("LI01:SCRN:01:SIZE") != outside.get("LI01:SCRN:01:SIZE"))
        campaign = request(olga)
        run_due_stages()
    finally:
        outside.put("LI01:SIM:NAN", 0)
        wait_until(lambda: outside.get("LI01:SCRN:01:SIZE") > 0)
    campaign.refresh_from_db()
    assert campaign.state == State.FAILED
    assert "beam_size can't be measured" in campaign.message
    record = record_of(iteration_of(campaign), "configuration")
    assert record.state == StageRecord.State.FAILED
    assert not Approval.objects.exists()


def test_a_range_that_cannot_be_used_fails_with_its_name(live: Environment, olga: User) -> None:
    Variable.objects.filter(name="CV").update(kind="fraction_current", fraction=0.1)
    campaign = request(olga, pinned={"variables": {"CV": None}})
    run_due_stages()
    campaign.refresh_from_db()
    assert campaign.state == State.FAILED
    assert "CV: the present value is zero" in campaign.message


def test_choices_of_a_person_are_never_overridden(live: Environment, olga: User) -> None:
    pinned = {
        "variables": {"Q1": {"low": 4, "high": 16}, "CH": None},
        "generator": "upper_confidence_bound",
        "options": {"beta": 5.0},
        "evaluations": 12,
        "seconds": 99.0,
        "seed": 7,
        "confirmations": 5,
        "constraints": [],
        "initial": {"method": "random", "count": 3},
    }
    campaign = request(olga, pinned=pinned, end="restore")
    run_due_stages()
    configuration = Configuration.model_validate(asked(campaign).content["configuration"])
    assert {name: (v.low, v.high) for name, v in configuration.variables.items()} == {
        "Q1": (4.0, 16.0), "CH": (-2.0, 2.0),
    }  # fmt: skip
    assert (configuration.generator, configuration.options) == ("upper_confidence_bound", {"beta": 5.0})
    assert (configuration.evaluations, configuration.seconds, configuration.seed) == (12, 99.0, 7)
    assert (configuration.confirmations, configuration.constraints, configuration.end) == (5, {}, "restore")
    assert len(configuration.initial.rows) == 3
    assert iteration_of(campaign).strategy == "optimization"


def test_requested_changes_wait_for_the_requester_and_are_shown(live: Environment, olga: User, peter: User) -> None:
    campaign = request(olga)
    run_due_stages()
    first = asked(campaign)
    decide(first.pk, "request_changes", "Q3 smaller, please", by=acting(peter), digest=first.digest)
    campaign.refresh_from_db()
    assert campaign.state == State.RUNNING
    assert "Q3 smaller, please" in campaign.message
    assert run_due_stages() == []
    waiting = waiting_for_changes(campaign)
    assert waiting is not None
    assert waiting.round == 2

    with pytest.raises(Invalid, match="do not suit"):
        revise(campaign, parse_pinned({"variables": {"Q9": None}}), by=acting(olga))
    ranges = {"Q1": None, "Q2": None, "Q3": {"low": 0, "high": 10}}
    revise(campaign, parse_pinned({"variables": ranges}), by=acting(olga))
    with pytest.raises(Conflict, match="Nobody waits"):
        revise(campaign, parse_pinned({"variables": ranges}), by=acting(olga))
    assert run_due_stages() == ["configuration", "approval"]
    second = asked(campaign)
    assert second.pk != first.pk
    assert second.content["changes_requested"] == "Q3 smaller, please"
    assert second.content["difference_from"] == "what was asked before"
    assert ["+", "  Q3: [0, 10]  step ≤ 5"] in second.content["difference"]
    assert ["-", "  Q3: [-20, 20]  step ≤ 5"] in second.content["difference"]


def test_a_rejection_is_a_normal_end(live: Environment, linac: DemoIoc, olga: User, peter: User) -> None:
    puts = len(linac.puts())
    campaign = request(olga)
    run_due_stages()
    approval = asked(campaign)
    decide(approval.pk, "reject", "not tonight", by=acting(peter), digest=approval.digest)
    campaign.refresh_from_db()
    assert (campaign.state, campaign.final) == (State.REJECTED, Campaign.Final.NOT_MOVED)
    assert campaign.message == "Rejected by peter: not tonight"
    assert campaign.ended_at is not None
    assert not Execution.objects.exists()
    assert len(linac.puts()) == puts


def test_an_approval_that_nobody_decides_ends_its_campaign(live: Environment, olga: User) -> None:
    campaign = request(olga)
    run_due_stages()
    Approval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_due()
    campaign.refresh_from_db()
    assert campaign.state == State.ABORTED
    assert "nobody decided in time" in campaign.message


def test_an_execution_whose_approval_expires_unused_never_runs(live: Environment, olga: User, peter: User) -> None:
    campaign = request(olga)
    run_due_stages()
    approve(asked(campaign), peter)
    Approval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    expire_due()
    execution = Execution.objects.get()
    assert (execution.state, execution.code) == (Execution.State.ENDED, "approval_expired")
    assert run_due_stages() == ["analysis"]
    campaign.refresh_from_db()
    assert (campaign.state, campaign.final) == (State.FAILED, Campaign.Final.NOT_MOVED)
    assert "expired" in campaign.message


def test_a_stop_while_it_waits_withdraws_the_request(live: Environment, olga: User, peter: User) -> None:
    campaign = request(olga)
    run_due_stages()
    approval = asked(campaign)
    stop(campaign, by=acting(peter), reason="beam is needed")
    campaign.refresh_from_db()
    approval.refresh_from_db()
    assert (campaign.state, approval.state) == (State.STOPPED, Approval.State.WITHDRAWN)
    assert campaign.message == "Stopped by peter: beam is needed."


def test_nobody_approves_what_the_machine_is_no_longer(
    live: Environment, outside: IndependentClient, olga: User, peter: User
) -> None:
    campaign = request(olga)
    run_due_stages()
    approval = asked(campaign)
    outside.put("LI01:QUAD:02:K1", -8.0)
    try:
        with pytest.raises(Conflict, match="Q2 is -8 now, -9 was shown"):
            approve(approval, peter)
    finally:
        outside.put("LI01:QUAD:02:K1", -9.0)
    Machine.objects.update(armed=False)
    with pytest.raises(Conflict, match="not armed"):
        approve(approval, peter)
    Machine.objects.update(armed=True)
    with pytest.raises(NotAllowed):
        approve(approval, olga)
    assert approve(approval, peter).state == Approval.State.APPROVED


def test_work_that_is_given_up_fails_its_campaign(live: Environment, olga: User) -> None:
    campaign = request(olga)
    iteration = iteration_of(campaign)
    gave_up({"iteration": iteration.pk, "stage": "state", "round": 1}, "Traceback …\nOperationalError: locked")
    campaign.refresh_from_db()
    assert campaign.state == State.FAILED
    assert "OperationalError: locked" in campaign.message
    assert record_of(iteration, "state").state == StageRecord.State.FAILED


def test_a_stage_that_breaks_says_so_and_ends_the_campaign(
    live: Environment, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = request(olga)
    Iteration.objects.update(strategy="no such strategy")
    iteration = iteration_of(campaign)
    run(iteration.pk, Stage.CONFIGURATION, 1)
    campaign.refresh_from_db()
    assert campaign.state == State.FAILED
    assert "KeyError" in campaign.message
    assert record_of(iteration, "configuration").state == StageRecord.State.FAILED
