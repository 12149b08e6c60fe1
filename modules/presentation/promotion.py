"""What deciders see of a skill that should become a tool."""

from dataclasses import dataclass
from typing import Any

from modules.presentation.skills import CheckRow, check_rows, numbered
from xoptweb.approvals.models import Approval
from xoptweb.web.difference import Line, lines
from xoptweb.web.values import visible


@dataclass(frozen=True)
class Asked:
    """`difference` is that from the text that is the tool now, where there is one."""

    source: list[tuple[int, str]]
    difference: list[Line]
    before: int | None
    checks: list[CheckRow]
    arguments: list[tuple[str, str]]


def asked(approval: Approval) -> Asked:
    content: dict[str, Any] = approval.content
    before = content["replaces"]
    return Asked(
        source=numbered(content["source"]),
        difference=lines(before["source"], content["source"]) if before else [],
        before=before["number"] if before else None,
        checks=check_rows(content["checks"]),
        arguments=[
            (visible(name), visible(str(one.get("description", ""))))
            for name, one in content["arguments_schema"].get("properties", {}).items()
        ],
    )
