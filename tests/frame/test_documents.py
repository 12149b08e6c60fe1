"""Every setting, command and permission stands in docs/, and nothing else does."""

import json
import re
from argparse import ArgumentParser
from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from controls.gate.codes import Code
from controls.models import Write
from tests.frame.documents import DOCS, rows, text
from xoptweb import cli
from xoptweb.accounts.permissions import SCOPES
from xoptweb.accounts.roles import PERMISSIONS, ROLES
from xoptweb.config import BASE_DIR, Config

ROLE_COLUMNS = ("observer", "operator", "physicist", "module developer", "administrator")


def shown(name: str) -> str:
    default = Config.model_fields[name].default
    assert default is not PydanticUndefined
    if name == "home":
        assert default == BASE_DIR / "var"
        return "var` in the checkout"
    if default == "":
        return "empty"
    return default if isinstance(default, str) else json.dumps(default)


def test_every_setting_is_documented_with_its_default_and_meaning() -> None:
    documented = {name: (default, meaning) for name, default, meaning in rows("settings.md", "XOPTWEB_")}
    real = {f"XOPTWEB_{name.upper()}": (shown(name), field.description) for name, field in Config.model_fields.items()}
    assert documented == real


def test_every_permission_is_documented_for_every_role() -> None:
    table = [row for row in rows("permissions.md", "") if len(row) == 2 + len(ROLE_COLUMNS)]
    documented = {row[0]: row[2:] for row in table}
    assert set(ROLE_COLUMNS) == set(ROLES)
    assert documented == {
        permission: ["yes" if permission in ROLES[role].permissions else "–" for role in ROLE_COLUMNS]
        for permission in PERMISSIONS
    }


def test_every_scope_of_tokens_is_documented() -> None:
    table = text("permissions.md").partition("| scope |")[2]
    documented = {
        name: set(re.findall(r"`(\w+)`", allows)) for name, allows in re.findall(r"\| `(\w+)` \| (.*) \|", table)
    }
    assert documented == {name: set(allowed) for name, allowed in SCOPES.items()}


def test_every_command_is_documented_with_its_options() -> None:
    documented = dict(
        re.findall(r"^## `xoptweb ([\w-]+)`\n(.*?)(?=^## |\Z)", text("commands.md"), re.MULTILINE | re.DOTALL)
    )
    assert list(documented) == list(cli.COMMANDS)
    for name, parser in children(cli.parser()).items():
        assert set(re.findall(r"`(--[\w-]+)", documented[name])) == options(parser), name


def children(parser: ArgumentParser) -> dict[str, ArgumentParser]:
    for action in parser._actions:
        if isinstance(action.choices, dict):
            return action.choices
    return {}


def options(parser: ArgumentParser) -> set[str]:
    """The long options of a command and of its actions."""
    own = {word for action in parser._actions for word in action.option_strings if word.startswith("--")}
    return own.union(*(options(child) for child in children(parser).values())) - {"--help"}


def test_every_code_of_the_gate_and_every_outcome_is_explained_to_operators() -> None:
    documented = {row[0] for row in rows("operator.md", "") if len(row) == 3}
    assert documented >= {code.value for code in Code}
    outcomes = text("operator.md").partition("Each write ends in one of six ways")[2].partition("| code |")[0]
    assert set(re.findall(r"`(\w+)`", outcomes)) >= set(Write.Outcome.values) - {""}


@pytest.mark.parametrize("path", [*sorted(DOCS.rglob("*.md")), BASE_DIR / "README.md"], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target
