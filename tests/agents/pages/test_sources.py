"""What an answer may link to: pages of ours that our tools named, whatever else stands in their results."""

from typing import Any

import pytest

from agents.models import Message
from agents.presentation.sources import cited, links, proposals
from xoptweb.web.addresses import ours

ELSEWHERE = (
    "//evil.example/", "/\\evil.example/", "/\t/evil.example/", "/\n/evil.example/", "/\t\\evil.example/",
    "\t//evil.example/", " /runs/1/", "/\x00/evil.example/", "/runs/1/\n", "/rün/",
    "https://evil.example/", "javascript:alert(1)", "runs/1/", "", None, 7, ["/runs/1/"],
)  # fmt: skip
THEIRS = {"link": "/logout/", "name": "the beam"}


def result(tool: str, value: Any) -> Message:
    return Message(role=Message.Role.TOOL, tool=tool, result=value, arguments={})


@pytest.mark.parametrize("address", ELSEWHERE)
def test_an_address_that_a_browser_may_take_for_another_site_is_never_linked(address: Any) -> None:
    assert not ours(address)
    rows = [result("find_machines", [{"name": "a machine", "link": address}])]
    assert links(rows) == {}
    assert cited(f"See [it]({address}).", links(rows)) == []
    assert proposals([result("propose_campaign", {"created": False, "link": address})]) == []


@pytest.mark.parametrize(
    "address", ["/", "/runs/1/", "/campaigns/new/?choices=1&low-Q1=8.5", "/environments/a/#document-1"]
)
def test_pages_of_ours_are_linked(address: str) -> None:
    assert links([result("find_machines", [{"name": "it", "link": address}])]) == {address: "it"}


@pytest.mark.parametrize(
    ("tool", "said"),
    [
        ("look_at_run", {"output": {"deep": [THEIRS]}}),
        ("skill_beam_area", {"result": [THEIRS]}),
        ("look_at_skill", {"checks": [{"failed_examples": [{"arguments": THEIRS}]}]}),
        ("look_at_data", {"rows": [THEIRS]}),
        ("find_modules", {"tunables": {"a": THEIRS}, "steps": [THEIRS]}),
    ],
)
def test_what_runs_skills_and_files_say_names_no_source(tool: str, said: dict[str, Any]) -> None:
    """Its author chose both the address and the words that would stand for it."""
    assert links([result(tool, said)]) == {}
    assert list(links([result(tool, said | {"link": "/runs/1/"})])) == ["/runs/1/"]


def test_entries_that_a_tool_lists_are_sources() -> None:
    listed = {"total": 1, "channels": [{"channel": "Q1", "link": "/machine/demo-linac/channels/Q1/"}]}
    used = {"run": 1, "link": "/runs/1/", "skill": {"name": "beam_area", "link": "/modules/skills/beam_area/text/1/"}}
    assert len(links([result("find_channels", listed), result("skill_beam_area", used)])) == 3
