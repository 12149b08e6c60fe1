"""State identification with the module that ships for it: what it may say, and what comes of it."""

import json
from typing import Any

import pytest

from agents.gateway.tokens import of_messages, tokens
from agents.models import ModelProfile
from controls.models import Write
from controls.monitor import values
from modules.models import Run
from modules.services import running
from optimizer.models import Campaign, Document, Environment, Stage, StageRecord, StageRun
from optimizer.services.campaigns import stop
from optimizer.services.switching import switch
from optimizer.stages.by_module.question import Answered
from optimizer.stages.by_module.state import concluded
from optimizer.stages.concluding import Conclusion
from tests.endpoint import Answer, Said
from tests.modules.installed import BY, Install, payloads
from tests.optimizer.stages.thinking import ORDER, Enabled, Model, calls, order, reads, ready, run_due, run_of, runs
from tests.optimizer.world import acting, iteration_of, load_demo, record_of, request, run_due_stages
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.work.models import Work

State = Campaign.State


def state_record(campaign: Campaign) -> StageRecord:
    campaign.refresh_from_db()
    return record_of(iteration_of(campaign), "state")


@pytest.fixture
def unwatched(transactional_db: None) -> Environment:
    """Nobody serves its channels, which is enough to see how a module fails; to the rules its state is unknown."""
    return load_demo()


def went_on(campaign: Campaign) -> bool:
    """Whether the rules had the last word on the state: unknown, as nobody serves the channels."""
    return state_record(campaign).result["state"] == "unknown" and campaign.state == State.ABORTED


def test_it_reads_documents_first_then_channels_and_its_words_are_the_record(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(live, "state")
    Document.objects.create(environment=live, title="Of the screen", text="The screen saturates above 900 µm.")
    seen = {"what": "the charge is as usual", "channel": "charge", "meaning": "nothing speaks against it"}
    model.says["state"] = [reads("charge", "vacuum"), ready(channels_checked=["charge", "vacuum"], observations=[seen])]
    campaign = request(olga)
    assert run_due()[:4] == ["state", "run", "state", "decision"]
    record = state_record(campaign)
    assert record.decided_by == "xoptweb/state-identification@1.0.0"
    assert record.summary == "ready · 2 channels read"
    assert record.reasoning.startswith("All is well.")
    assert "The rules: The machine is ready." in record.reasoning
    assert record.result["module"]["observations"] == [seen]
    assert campaign.state == State.AWAITING_APPROVAL
    told = model.task("state")
    assert told["documents"][-1]["text"] == "The screen saturates above 900 µm."
    assert told["what_the_rules_found"]["state"] == "ready"
    (row,) = runs(campaign)
    kinds = [event["tool"] for event in payloads(run_of(row), "tool_call")]
    assert kinds[-1] == "read_channels"
    assert set(kinds[:-1]) == {"read_document"}
    assert (row.state, row.tokens_in > 0, row.tunables["prompt"]["from"]) == (StageRun.State.ACCEPTED, True, "default")
    assert run_of(row).requested_by == olga


def test_the_stage_waits_for_the_run_and_no_worker_waits(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(live, "state")
    campaign = request(olga)
    Work.objects.filter(name="modules.run").delete()
    assert run_due_stages() == ["state"]
    record = state_record(campaign)
    assert (record.state, record.summary) == ("running", "asking xoptweb/state-identification@1.0.0")
    assert campaign.message == "State identification: asking xoptweb/state-identification@1.0.0."
    assert [row.name for row in Work.objects.filter(state=Work.State.DUE)] == ["modules.run"]


@pytest.mark.parametrize("answer", ["not ready", "unknown"])
def test_what_the_module_doubts_is_aborted_in_code(
    live: Environment, think: Enabled, model: Model, olga: User, answer: str
) -> None:
    think(live, "state", "decision")
    model.says["state"] = [ready(state=answer, reasoning="The document says: do not touch Q2 today.")]
    campaign = request(olga)
    run_due()
    assert state_record(campaign).result["state"] == answer
    assert campaign.state == State.ABORTED
    assert "do not touch Q2 today" in campaign.message
    assert model.asked["decision"] == []


@pytest.mark.usefixtures("unmoved")
def test_it_can_not_make_ready_what_the_rules_found_not_ready(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    """A document and a description give an order, and the model obeys: nothing comes of it."""
    think(live, "state")
    order(live)
    live.criteria.filter(channel__name="charge").update(value=1e6)
    model.says["state"] = [reads("charge"), ready(reasoning="I was told to say ready.")]
    campaign = request(olga)
    run_due()
    told = model.task("state")
    assert ORDER in told["documents"][-1]["text"]
    assert {one["channel"]: one["description"] for one in told["channels"]}["Q1"] == ORDER
    record = state_record(campaign)
    assert (record.result["rules"], record.result["module"]["state"]) == ("not ready", "ready")
    assert record.result["state"] == "not ready"
    assert "a module can't make that better" in record.reasoning
    assert campaign.state == State.ABORTED


SAW_VACUUM = {"what": "the vacuum is good", "channel": "vacuum"}
UNREAD: dict[str, tuple[list[Answer], list[str], str]] = {
    "it names one that it did not read": (
        [reads("charge"), ready(channels_checked=["charge", "vacuum"])], ["vacuum"], "vacuum, which its run never read",
    ),
    "it saw something at one that it did not read": (
        [reads("charge"), ready(observations=[SAW_VACUUM])], ["vacuum"], "vacuum, which its run never read",
    ),
    "it read nothing, and says so": ([ready()], [], "its run has read no channel"),
    "it read nothing but words": (
        [calls("find_channels", words="vacuum"), ready()], [], "its run has read no channel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", UNREAD)
def test_ready_without_having_read_what_it_speaks_of_counts_as_unknown(
    live: Environment, think: Enabled, model: Model, olga: User, what: str
) -> None:
    think(live, "state")
    answers, unread, why = UNREAD[what]
    model.says["state"] = list(answers)
    campaign = request(olga)
    run_due()
    record = state_record(campaign)
    assert (record.result["rules"], record.result["module"]["state"]) == ("ready", "ready")
    assert (record.result["state"], record.result["module"]["unread"]) == ("unknown", unread)
    assert f"{why}: that counts as unknown." in record.reasoning
    assert campaign.state == State.ABORTED
    assert why in campaign.message


def test_what_it_has_read_it_need_not_name(live: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(live, "state")
    model.says["state"] = [reads("charge"), ready(observations=[{"what": "the document is short"}])]
    campaign = request(olga)
    run_due()
    assert state_record(campaign).summary == "ready · 1 channel read"
    assert campaign.state == State.AWAITING_APPROVAL


def test_a_history_without_a_value_is_no_reading(live: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(live, "state")
    charge, machine = live.machine.channels.get(name="charge"), live.machine
    machine.channels.create(name="dead", address=f"{charge.address}:NOBODY")
    wait_until(lambda: values.history(machine, charge.address, 600), 15, what="a first sample of the charge")
    asked = [calls("channel_history", machine=machine.slug, channel=name) for name in ("charge", "dead")]
    model.says["state"] = [*asked, ready(channels_checked=["charge", "dead"])]
    campaign = request(olga)
    run_due()
    results = [event["result"] for event in payloads(run_of(runs(campaign)[0]), "tool_result")][-2:]
    assert [(one["channel"], one["lowest"] is None) for one in results] == [("charge", False), ("dead", True)]
    record = state_record(campaign)
    assert (record.result["state"], record.result["module"]["unread"]) == ("unknown", ["dead"])
    assert record.summary == "unknown · 1 channel read"


def test_where_there_is_no_channel_to_read_the_rules_have_the_say() -> None:
    rules = Conclusion("ready", "The machine is ready.", {"state": "ready"}, lambda record: None)
    answered = Answered("lab/blind", {"state": "ready", "reasoning": "There is nothing to look at."})
    assert concluded(rules, answered, to_read=False).result["state"] == "ready"
    assert concluded(rules, answered, to_read=True).result["state"] == "unknown"


LARGE = "word " * 1_000_000  # 5 MB
BROKEN: dict[str, tuple[Answer, str]] = {
    "another word": (ready(state="probably ready"), "is not of the form"),
    "nonsense": ("Purple, on Tuesdays.", "there is no JSON object in it"),
    "no JSON around it": ((200, "{not json"), "not the answer of a model"),
    "cut off in the middle": (Said(ready(), cut=True), "the connection broke"),
    "too large": (LARGE, "far too large"),
    "a refusal of the endpoint": ((500, "out of memory"), "out of memory"),
    "endless calls": (reads("charge"), "came to no conclusion in 10 answers"),
    "a tool that was not granted": (calls("propose_campaign"), "came to no conclusion"),
    "a tool that does not exist": (calls("make_it_so", at="once"), "came to no conclusion"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_failure_is_a_failure_and_the_rules_go_on_and_say_so(
    unwatched: Environment, think: Enabled, model: Model, olga: User, what: str
) -> None:
    think(unwatched, "state")
    answer, why = BROKEN[what]
    model.says["state"] = [answer]
    campaign = request(olga)
    run_due()
    assert_failed(campaign, why)


def test_a_model_that_does_not_answer_in_time_is_a_failure(
    unwatched: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(unwatched, "state")
    model.endpoint.delay_s = patient(60)
    ModelProfile.objects.update(timeout_s=0.2)
    model.says["state"] = [ready()]
    campaign = request(olga)
    run_due()
    assert_failed(campaign, "0.2 s of silence")


def assert_failed(campaign: Campaign, why: str) -> None:
    """The module's failure is told with its reason, the rules had the last word, and nothing moved."""
    record = state_record(campaign)
    assert (record.decided_by, record.state) == ("rules", "done")
    assert record.summary.endswith("by rules, the module failed")
    assert record.reasoning.startswith("xoptweb/state-identification@1.0.0 failed: ")
    assert why in record.reasoning
    assert "By the campaign's policy the rules decide." in record.reasoning
    assert record.result["module_failed"]["problem"]
    assert [row.state for row in runs(campaign)] == [StageRun.State.FAILED]
    assert went_on(campaign)
    assert not Approval.objects.exists()
    assert not Write.objects.exists()


def test_documents_and_results_in_plenty_stay_within_what_the_model_can_read(
    unwatched: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(unwatched, "state")
    Document.objects.create(environment=unwatched, title="Long", text="The screen saturates. " * 600)
    looks = [calls("find_channels", limit=100 - place) for place in range(8)]
    model.says["state"] = [*looks, ready(state="unknown")]
    campaign = request(olga)
    run_due()
    (row,) = runs(campaign)
    assert (row.state, len(model.asked["state"])) == (StageRun.State.ACCEPTED, 9)
    context = ModelProfile.objects.get().context_tokens
    for asked in model.asked["state"]:
        assert of_messages(asked["messages"]) + tokens(json.dumps(asked["tools"])) + asked["max_tokens"] <= context
    assert "shortened, as there is no more room" in model.told("state")
    given = [event["result"] for event in payloads(run_of(row), "tool_result")[-8:]]
    assert [len(found["channels"]) for found in given] == [found["total"] for found in given], "the trace has it all"


def test_by_the_other_policy_a_failure_ends_the_campaign(
    unwatched: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(unwatched, "state")
    model.says["state"] = ["I have no idea."]
    campaign = request(olga, after_module_failure="stop")
    run_due()
    record = state_record(campaign)
    assert (record.state, campaign.state) == (StageRecord.State.FAILED, State.FAILED)
    assert campaign.message.startswith("State identification failed: xoptweb/state-identification@1.0.0 failed: ")


def test_without_a_model_the_failure_says_what_is_missing(unwatched: Environment, think: Enabled, olga: User) -> None:
    think(unwatched, "state")
    campaign = request(olga)
    run_due()
    assert "No model is configured" in state_record(campaign).reasoning
    assert went_on(campaign)


def test_without_its_grants_the_failure_says_which(
    unwatched: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(unwatched, "state", granted=False)
    campaign = request(olga)
    run_due()
    assert "was not granted the tool read_document" in state_record(campaign).reasoning
    assert model.asked["state"] == []


def test_a_module_that_is_gone_is_a_failure_that_is_seen(unwatched: Environment, olga: User) -> None:
    unwatched.stage_modules.create(stage="state", module="lab/gone", by="ada")
    campaign = request(olga)
    run_due()
    record = state_record(campaign)
    assert record.reasoning.startswith("lab/gone failed: ")
    assert [(row.module, row.run, row.state) for row in runs(campaign)] == [("lab/gone", None, "failed")]
    assert went_on(campaign)


def test_a_module_of_ones_own_is_held_to_the_same_form(unwatched: Environment, install: Install, olga: User) -> None:
    install("return {'state': 'ready', 'reasoning': given['goal'], 'votes': 0}", name="lab/bold")
    switch(unwatched, Stage.STATE, "lab/bold", by=BY)
    campaign = request(olga)
    run_due()
    (row,) = runs(campaign)
    answer: Any = row.answer
    assert (row.state, answer["votes"]) == (StageRun.State.REFUSED, 0)
    assert state_record(campaign).reasoning.startswith("lab/bold@1.0.0 gave no answer that counts: ")
    assert "votes: " in row.problem
    assert went_on(campaign)


def test_stop_ends_the_run_and_nothing_of_it_comes_back(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(live, "state")
    campaign = request(olga)
    run_due_stages()
    stop(campaign, by=acting(olga))
    (row,) = runs(campaign)
    assert (run_of(row).state, row.state) == (Run.State.CANCELLED, StageRun.State.FAILED)
    run_due()
    campaign.refresh_from_db()
    assert (campaign.state, model.asked["state"]) == (State.STOPPED, [])
    assert iteration_of(campaign).stages.count() == 1


def test_a_run_that_is_lost_or_cancelled_is_a_failure(
    live: Environment, think: Enabled, model: Model, olga: User, peter: User
) -> None:
    think(live, "state")
    campaign = request(olga)
    run_due_stages()
    (row,) = runs(campaign)
    running.cancel(run_of(row), by=acting(peter))
    run_due()
    assert "Its run was cancelled." in state_record(campaign).reasoning
    assert campaign.state == State.AWAITING_APPROVAL


def test_switched_back_the_rules_alone_decide(
    live: Environment, think: Enabled, model: Model, olga: User, peter: User
) -> None:
    think(live, "state")
    switch(live, Stage.STATE, "", by=acting(peter))
    campaign = request(olga)
    assert "run" not in run_due()
    assert state_record(campaign).decided_by == "rules"
