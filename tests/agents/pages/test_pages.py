"""Conversations and memory on their pages."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agents.loop.turn import run
from agents.models import Conversation, Memory, Message, ModelProfile, Plan, Turn, WorkspaceFile
from controls.models import Machine
from tests.agents.profiles import Made
from tests.endpoint import Call, Said, endpoint
from tests.pages.world import log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db

FIND: Call = ("find_campaigns", {"words": "beam"})


@pytest.fixture
def olgas(client: Client, linac: Machine, olga: User) -> Client:
    return log_in(client, olga)


def asked(client: Client, text: str = "why did it stop?") -> Conversation:
    ModelProfile.objects.get_or_create(name="none", base_url="http://127.0.0.1:1/v1", attempts=1)
    answer = client.post("/assistant/", {"text": text})
    assert answer.status_code == 302
    return Conversation.objects.latest("id")


def shown(client: Client, page: str) -> str:
    answer = client.get(page)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_model_the_page_says_what_to_do(client: Client, linac: Machine, olga: User, ada: User) -> None:
    page = shown(log_in(client, olga), "/assistant/")
    assert "No model is configured." in page
    assert "An administrator can add one." in page
    assert "an administrator can set XOPTWEB_AGENT_SHELL" in page or "This host has no sandbox" in page
    assert "Add a model profile" in shown(log_in(Client(), ada), "/assistant/")


def test_a_question_begins_a_conversation_whose_work_waits_for_a_worker(olgas: Client) -> None:
    conversation = asked(olgas)
    assert Work.objects.get(name="agents.turn").queue == "agents"
    page = shown(olgas, f"/assistant/{conversation.pk}/")
    assert "waiting for a worker" in page
    assert f'data-live-topic="draft:{conversation.pk}"' in page
    assert "why did it stop?" in shown(olgas, "/assistant/")


def test_a_question_without_words_leaves_no_empty_conversation(olgas: Client) -> None:
    answer = olgas.post("/assistant/", {"text": " \n "})
    assert answer.status_code == 422
    assert "must have 1 to 20000 characters" in answer.content.decode()
    assert not Conversation.objects.exists()


def test_what_was_asked_too_early_is_told_in_words(olgas: Client) -> None:
    conversation = asked(olgas)
    page = f"/assistant/{conversation.pk}/ask/"
    early = olgas.post(page, {"text": "and?"}, headers={"HX-Request": "true"})
    assert early.status_code == 409
    assert "<p>The last question is not answered yet.</p>" in early.content.decode()
    wordless = olgas.post(page, {"text": " "}, headers={"HX-Request": "true"})
    assert "(text: must have 1 to 20000 characters)" in wordless.content.decode()


def test_an_answer_is_shown_with_its_calls_its_sources_and_what_is_not_supported(
    olgas: Client, profile: Made, olga: User
) -> None:
    campaign = make_campaign(olga)
    answer = f"It waits: [that campaign](/campaigns/{campaign.pk}/). It cost 4711."
    with endpoint(Said("I look.", (FIND,)), answer, '{"unsupported": []}') as scripted:
        profile(scripted, price_in=1.0, price_out=1.0)
        conversation = asked(olgas)
        run(Turn.objects.get().pk)
    page = shown(olgas, f"/assistant/{conversation.pk}/")
    assert f'<a href="/campaigns/{campaign.pk}/">that campaign</a>' in page
    assert "find_campaigns" in page
    assert "words beam" in page
    assert "make the beam on the screen smaller</a>" in page
    assert "4711" in page.partition("What it read does not support")[2]
    assert " $ " in page
    assert "data-draft" not in page


def test_a_proposal_is_offered_as_a_link_to_the_filled_in_page(olgas: Client, profile: Made) -> None:
    wish = {"environment": "screen-focus", "sentence": "make the beam on the screen smaller"}
    with endpoint(Said("", (("propose_campaign", wish),)), "I propose one.", '{"unsupported": []}') as scripted:
        profile(scripted)
        conversation = asked(olgas)
        run(Turn.objects.get().pk)
    page = shown(olgas, f"/assistant/{conversation.pk}/")
    assert 'href="/campaigns/new/?choices=1' in page
    assert "Look at it and start" in page
    assert "Read:" not in page


def test_what_failed_can_be_gone_on_with(olgas: Client, profile: Made) -> None:
    with endpoint((500, '{"error": {"message": "<b>broken</b>"}}'), "Here I am.") as scripted:
        profile(scripted, attempts=1)
        conversation = asked(olgas)
        run(Turn.objects.get().pk)
        page = shown(olgas, f"/assistant/{conversation.pk}/")
        assert "&lt;b&gt;broken&lt;/b&gt;" in page
        assert ">Continue<" in page
        assert "Wait a little; then Continue asks once more." in page
        answer = olgas.post(f"/assistant/{conversation.pk}/ask/", {"go_on": "1"}, headers={"HX-Request": "true"})
        assert answer.content.decode().count('class="turn"') == 2
        run(Turn.objects.latest("id").pk)
    page = shown(olgas, f"/assistant/{conversation.pk}/")
    assert "Here I am." in page
    assert ">Continue<" not in page


def test_cancelling_shows_the_turn_as_it_is_then(olgas: Client) -> None:
    conversation = asked(olgas)
    answer = olgas.post(f"/assistant/{conversation.pk}/cancel/", headers={"HX-Request": "true"})
    assert "It was cancelled." in answer.content.decode()
    assert olgas.post(f"/assistant/{conversation.pk}/cancel/").status_code == 409


def test_a_conversation_is_not_there_for_others_until_it_is_shared(olgas: Client, peter: User) -> None:
    conversation = asked(olgas)
    peters = log_in(Client(), peter)
    own = f"/assistant/{conversation.pk}/"
    for page in ("", "?part=turns", "?part=side", f"turns/{Turn.objects.get().pk}/", "results/1/", "files/a.txt"):
        assert peters.get(own + page).status_code == 404, page
    for verb in ("ask", "cancel", "delete", "share", "unshare", "rename", "files", "plan"):
        assert peters.post(f"{own}{verb}/", {"text": "x", "title": "x", "note": "x", "state": "x"}).status_code == 404
    olgas.post(f"{own}share/")
    conversation.refresh_from_db()
    read = shown(peters, f"/assistant/shared/{conversation.share_key}/")
    assert "why did it stop?" in read
    assert '<form method="post" action="/assistant' not in read
    assert f"/assistant/shared/{conversation.share_key}/" in shown(olgas, own)
    olgas.post(f"{own}unshare/")
    assert peters.get(f"/assistant/shared/{conversation.share_key}/").status_code == 404


def test_deleting_is_asked_before_and_leaves_nothing(olgas: Client) -> None:
    conversation = asked(olgas)
    own = f"/assistant/{conversation.pk}/"
    assert 'data-confirm-dialog="delete-dialog"' in shown(olgas, own)
    olgas.post(f"{own}cancel/")
    assert olgas.post(f"{own}delete/").status_code == 302
    assert not Conversation.objects.exists()


def test_files_are_added_downloaded_and_removed(olgas: Client) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    own = f"/assistant/{asked(olgas).pk}/"
    olgas.post(f"{own}files/", {"file": SimpleUploadedFile("my table.html", b"<script>")})
    row = WorkspaceFile.objects.get()
    answer = olgas.get(f"{own}files/{row.path}")
    assert (row.path, answer.content, answer["Content-Type"]) == (
        "my_table.html",
        b"<script>",
        "application/octet-stream",
    )
    assert "attachment" in answer["Content-Disposition"]
    assert olgas.post(f"{own}files/", {"file": SimpleUploadedFile("x" * 300, b"")}).status_code == 422
    olgas.post(f"{own}files/", {"remove": row.path})
    olgas.post(f"{own}files/", {"file": SimpleUploadedFile(".Messung März (2).csv", b"a,b")})
    row = WorkspaceFile.objects.get()
    assert row.path == "Messung_Marz_2_.csv"
    olgas.post(f"{own}files/", {"remove": row.path})
    assert not WorkspaceFile.objects.exists()


def test_a_long_conversation_is_shown_from_its_end_with_a_fixed_number_of_queries(olgas: Client) -> None:
    conversation = asked(olgas, "the first")
    Turn.objects.update(state="done")
    for number in range(2, 60):
        turn = Turn.objects.create(conversation=conversation, number=number, state="done")
        Message.objects.create(conversation=conversation, turn=turn, number=2 * number, role="user", text=f"q{number}.")
        Message.objects.create(conversation=conversation, turn=turn, number=2 * number + 1, role="assistant", text="a")
    with CaptureQueriesContext(
        connection,
    ) as queries:
        page = shown(olgas, f"/assistant/{conversation.pk}/")
    assert len(queries) < 30
    assert "q59." in page
    assert "q40." in page
    assert "q39." not in page
    assert "q39." in shown(olgas, f"/assistant/{conversation.pk}/?before=40")


def test_memories_are_added_found_changed_and_forgotten(olgas: Client, olga: User) -> None:
    olgas.post("/assistant/memory/", {"text": "Q3 was swapped in May", "scope": "mine"})
    found = shown(olgas, "/assistant/memory/?search=swap")
    assert "Q3 was swapped" in found
    assert "written here" in found
    assert "Nothing like that" in shown(olgas, "/assistant/memory/?search=coffee")
    row = Memory.objects.get()
    olgas.post(f"/assistant/memory/{row.pk}/", {"text": "Q4 was swapped in June", "scope": "mine"})
    assert "Q4 was swapped" in shown(olgas, "/assistant/memory/?search=june")
    assert olgas.post("/assistant/memory/", {"text": "for all", "scope": "everyone"}).status_code == 403
    wrong = olgas.post("/assistant/memory/", {"text": "x" * 2001, "scope": "mine"})
    assert wrong.status_code == 422
    assert "x" * 2001 in wrong.content.decode()
    olgas.post(f"/assistant/memory/{row.pk}/", {"forget": "1"})
    assert not Memory.objects.exists()


def test_a_memory_of_everybody_is_read_by_all_and_changed_by_physicists(olgas: Client, olga: User, peter: User) -> None:
    row = Memory.objects.create(owner=peter, scope="everyone", text="Q3 hums")
    page = shown(olgas, f"/assistant/memory/{row.pk}/")
    assert "those who configure may change" in page
    assert olgas.post(f"/assistant/memory/{row.pk}/", {"text": "no", "scope": "mine"}).status_code == 403


def test_a_plan_is_ticked_off_and_noted_in(olgas: Client, olga: User) -> None:
    from agents.services import plans
    from xoptweb.actors import Actor

    conversation = asked(olgas)
    plans.write(conversation, "a smaller beam", ["look", "propose"], by=Actor(user=olga))
    own = f"/assistant/{conversation.pk}/"
    olgas.post(f"{own}plan/", {"task": "1", "state": "done"})
    olgas.post(f"{own}plan/", {"note": "Q3 hums"})
    olgas.post(f"{own}plan/", {"state": "complete"})
    side = shown(olgas, f"{own}?part=side")
    assert "a smaller beam" in side
    assert "Q3 hums" in side
    assert Plan.objects.get().state == "complete"


def test_a_plan_is_begun_and_edited_by_hand(olgas: Client) -> None:
    own = f"/assistant/{asked(olgas).pk}/"
    olgas.post(f"{own}plan/", {"add": " look at\nthe charge "})
    olgas.post(f"{own}plan/", {"add": "propose"})
    olgas.post(f"{own}plan/", {"task": "1", "text": "look at the vacuum"})
    olgas.post(f"{own}plan/", {"state": "complete"})
    olgas.post(f"{own}plan/", {"add": "one more"})
    plan = Plan.objects.get()
    assert [task.text for task in plan.tasks.all()] == ["look at the vacuum", "propose", "one more"]
    assert plan.state == "executing"
    for wrong, said in (
        ({"add": " "}, "must have 1 to 400 characters"),
        ({"task": "1", "text": "x" * 401}, "must have 1 to 400 characters"),
        ({"note": " "}, "An empty note says nothing."),
    ):
        answer = olgas.post(f"{own}plan/", wrong)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), wrong
    assert olgas.post(f"{own}plan/", {"task": "9", "text": "x"}).status_code == 404
