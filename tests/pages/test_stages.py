"""What pages say of the modules that had a say in a campaign."""

from django.test import Client

from optimizer.models import StageRun
from tests.pages.world import ask_approval, give_a_say, log_in, make_campaign
from xoptweb.accounts.models import User

NAME = "xoptweb/state-identification@1.0.0"


def test_rail_and_trace_say_by_whom_with_what_and_what_was_wrong(client: Client, linac: object, olga: User) -> None:
    campaign = make_campaign(olga)
    give_a_say(campaign)
    log_in(client, olga)
    page = f"/campaigns/{campaign.pk}/"
    assert f"by {NAME}" in client.get(page + "?part=rail").content.decode()
    trace = client.get(page + "trace/").content.decode()
    assert "Its answer is not of the form that the stage needs. state: is missing" in trace
    assert "2060 → 31 tokens" in trace
    assert "run 2, forgotten" in trace
    assert "attempt 2" in trace


def test_a_stage_whose_module_failed_is_marked_on_the_rail(client: Client, linac: object, olga: User) -> None:
    campaign = make_campaign(olga)
    record = campaign.iterations.get().stages.get(stage="state")
    record.result = {"module_failed": {"module": NAME, "problem": "no model"}}
    record.save()
    log_in(client, olga)
    assert 'class="stage done warn"' in client.get(f"/campaigns/{campaign.pk}/?part=rail").content.decode()


def test_an_approval_shows_and_binds_which_module_decided(client: Client, linac: object, olga: User) -> None:
    campaign = make_campaign(olga)
    give_a_say(campaign)
    approval = ask_approval(campaign)
    (why,) = [one["module"] for one in approval.content["reasoning"] if "module" in one]
    row = StageRun.objects.get(state=StageRun.State.ACCEPTED)
    assert why == {"name": NAME, "digest": row.digest, "tunables": row.tunables, "run": 2}
    log_in(client, olga)
    shown = client.get(f"/approvals/{approval.pk}/").content.decode()
    assert f"by {NAME}" in shown
    assert "prompt no. 3" in shown
    assert "with models’ words" in shown
