"""Setting, comparing, rolling back and defining tunables by their pages."""

from html import unescape
from typing import Any

import pytest
from django.test import Client

from controls.models import Machine
from modules.models import Module, Tunable
from modules.services import tunables
from tests.pages.modules_world import BY, PROMPT, bound_temperature, make_module
from tests.pages.world import log_in
from xoptweb.accounts.models import User

VALUES = "/modules/demo/reasoner/tunables/value/"


@pytest.fixture
def module(linac: Machine) -> Module:
    module = make_module()
    bound_temperature(module)
    return module


@pytest.fixture
def editor(client: Client, module: Module, peter: User) -> Client:
    return log_in(client, peter)


def text(client: Client, page: str) -> str:
    return unescape(client.get(page).content.decode())


def change(client: Client, verb: str, **fields: str) -> Any:
    return client.post(f"{VALUES}{verb}/", {"name": "temperature", **fields})


def in_force(module: Module, name: str) -> Any:
    assert module.current is not None
    return tunables.effective(module.current).tunables[name]


def prompt(module: Module) -> Tunable:
    found: Tunable = tunables.find(Tunable, module, "prompt")
    return found


def test_fields_are_typed_with_their_bounds(editor: Client) -> None:
    page = text(editor, f"{VALUES}?name=temperature")
    assert "number from 0 to 2" in page
    assert 'id="value" name="value" value="0.2"' in page
    assert f">\n{PROMPT}</textarea>" in text(editor, f"{VALUES}?name=prompt")


def test_a_value_is_set_with_its_reason_and_who_did_it(editor: Client, module: Module) -> None:
    answer = change(editor, "set", value="0.7", reason="less of the same", seen="0")
    assert answer["Location"] == f"{VALUES}?name=temperature"
    assert in_force(module, "temperature") == 0.7
    page = text(editor, f"{VALUES}?name=temperature")
    assert "less of the same" in page
    assert "peter" in page.partition('id="history"')[2]


@pytest.mark.parametrize(
    ("value", "named"),
    [
        ("7", "7 is above the largest, 2."),
        ("-1", "-1 is below the smallest, 0."),
        ("warm", "This is not a number."),
        ("NaN", "no infinities, no NaN"),
        ("true", "It has to be a number."),
    ],
)
def test_a_value_that_does_not_suit_is_named_and_kept(editor: Client, module: Module, value: str, named: str) -> None:
    answer = change(editor, "set", value=value, reason="try", seen="0")
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert named in page
    assert f'value="{value}"' in page
    assert 'value="try"' in page
    assert in_force(module, "temperature") == 0.2


def test_who_was_slower_is_told_and_keeps_what_was_typed(editor: Client, module: Module) -> None:
    tunables.set_value(prompt(module), "By somebody else.", by=BY)
    answer = editor.post(f"{VALUES}set/", {"name": "prompt", "value": "By me.\r\nSlowly.", "seen": "0"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 409
    assert "was changed by tests since you opened it" in page
    assert "By me.\nSlowly." in page
    assert in_force(module, "prompt") == "By somebody else."


def test_two_versions_are_compared_line_by_line_and_word_by_word(editor: Client, module: Module) -> None:
    tunables.set_value(prompt(module), PROMPT.replace("brief", "thorough"), by=BY)
    page = text(editor, f"{VALUES}?name=prompt&from=0&to=1")
    difference = page.partition('id="difference"')[2].partition("</section>")[0]
    assert "<del>brief</del>" in difference
    assert "<ins>thorough</ins>" in difference
    assert "Think in turns." in difference
    assert "<ins>Think" not in difference


def test_rolling_back_shows_the_difference_first_and_makes_a_new_number(editor: Client, module: Module) -> None:
    row = prompt(module)
    for value in ("first", "second"):
        tunables.set_value(row, value, by=BY)
    page = text(editor, f"{VALUES}?name=prompt&from=2&to=1")
    assert "Roll back to number 1" in page.partition('id="difference"')[2]
    answer = editor.post(
        f"{VALUES}rollback/", {"name": "prompt", "number": "1", "seen": "2", "reason": "it was better"}
    )
    assert answer.status_code == 302
    assert in_force(module, "prompt") == "first"
    history = text(editor, f"{VALUES}?name=prompt").partition('id="history"')[2]
    assert "rolled back to 1" in history
    assert "it was better" in history


def test_taking_a_value_back_says_what_will_hold_then(editor: Client, module: Module) -> None:
    change(editor, "set", value="1.25", seen="0")
    dialog = text(editor, f"{VALUES}?name=temperature").partition('id="clear-dialog"')[2].partition("</dialog>")[0]
    assert "1.25" in dialog
    assert "0.2" in dialog
    assert change(editor, "clear", seen="1").status_code == 302
    assert in_force(module, "temperature") == 0.2


def test_what_a_value_may_be_is_settled_and_holds(editor: Client, module: Module) -> None:
    answer = change(editor, "define", kind="choice", choices="0.2\n0.4\n", minimum="", maximum="", description="how")
    assert answer.status_code == 302
    page = text(editor, f"{VALUES}?name=temperature")
    assert '<option value="0.4"' in page
    assert change(editor, "set", value="0.3", seen="0").status_code == 422
    assert change(editor, "set", value="0.4", seen="0").status_code == 302


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"kind": "number", "minimum": "5", "maximum": "1"}, "The smallest is larger than the largest."),
        ({"kind": "number", "minimum": "one", "maximum": ""}, "This is not a number."),
        ({"kind": "number", "minimum": "1", "maximum": ""}, "The default does not suit it."),
        ({"kind": "boolean"}, "does not suit it"),
        ({"kind": "colour"}, "Choose one of"),
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_and_kept(
    editor: Client, module: Module, fields: dict[str, str], named: str
) -> None:
    answer = change(editor, "define", description="as I typed it", **fields)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert named in page
    assert "as I typed it" in page
    assert tunables.find(Tunable, module, "temperature").maximum == 2


def test_an_operator_reads_and_cannot_set(client: Client, module: Module, olga: User) -> None:
    log_in(client, olga)
    page = text(client, f"{VALUES}?name=prompt")
    assert "Be brief." in page
    assert 'id="value-form"' not in page
    assert change(client, "set", value="1").status_code == 403
    assert in_force(module, "temperature") == 0.2


def test_what_is_not_there_is_said(editor: Client) -> None:
    assert editor.get(f"{VALUES}?name=nothing").status_code == 404
    assert editor.get(f"{VALUES}?name=prompt&from=0&to=9").status_code == 404
    assert editor.get(f"{VALUES}?name=prompt&project=nowhere").status_code == 404
    assert change(editor, "rollback", number="many", seen="0").status_code == 422
