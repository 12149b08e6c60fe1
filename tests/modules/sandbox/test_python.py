"""Python of a conversation: what stays, what comes back, what the model is told."""

from collections.abc import Callable
from typing import Any

import pytest

from agents.models import Artifact, Conversation, Message, Turn
from modules.sandbox import interpreters
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving

pytestmark = pytest.mark.django_db

Run = Callable[[str], dict[str, Any]]
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('Beam size'); None"


def test_variables_stay_and_a_last_expression_is_shown(python: Run) -> None:
    assert python("import statistics\nsizes = [310, 290]\nprint('kept')") == {"printed": "kept\n"}
    assert python("statistics.mean(sizes)") == {"printed": "", "value": "300"}


def test_an_exception_is_told_with_the_lines_of_the_code_and_variables_stay(python: Run) -> None:
    told = python("x = 5\ndef f():\n    return 1 / 0\nf()")
    assert "return 1 / 0" in told["error"]
    assert told["error"].endswith("ZeroDivisionError: division by zero\n")
    assert "xoptweb_child" not in told["error"]
    assert python("x")["value"] == "5"
    assert "SyntaxError" in python("def")["error"]
    assert "SystemExit" in python("import sys; sys.exit(3)")["error"]
    assert python("x")["value"] == "5"


def test_files_of_the_conversation_are_read_written_and_removed(python: Run, by: Actor) -> None:
    call("write_file", {"path": "data/in.csv", "text": "a,b\n1,2\n"}, by)
    told = python("rows = open('data/in.csv').read()\nopen('out.txt', 'w').write(rows * 2)\nNone")
    assert told["files"] == {"written": ["out.txt"], "removed": []}
    assert call("read_file", {"path": "out.txt"}, by)["text"] == "a,b\n1,2\n" * 2
    call("write_file", {"path": "out.txt", "text": "changed"}, by)
    assert python("open('out.txt').read()")["value"] == "'changed'"
    assert python("import os; os.remove('data/in.csv')")["files"]["removed"] == ["data/in.csv"]
    assert [row["path"] for row in call("list_files", {}, by)] == ["out.txt"]


def test_what_can_not_be_kept_is_named(python: Run, by: Actor) -> None:
    told = python("open('ä.txt', 'w').write('x'); open('big', 'wb').write(bytes(1_000_001)); None")
    assert sorted(told["not_kept"]["paths"]) == ["big", "ä.txt"]
    assert call("list_files", {}, by) == []


def test_a_link_is_no_file_of_the_conversation(python: Run, by: Actor) -> None:
    python("import os; os.symlink('/etc/passwd', 'passwd')")
    assert call("list_files", {}, by) == []


def test_figures_become_images_of_the_conversation(python: Run, here: Conversation) -> None:
    (image,) = python(PLOT)["images"]
    row = Artifact.objects.get()
    assert (row.pk, row.kind, row.title, row.media_type) == (image["artifact"], "image", "Beam size", "image/png")
    assert (row.conversation, row.source, row.via) == (here, here.stream, "python")
    assert "images" not in python("1")


def test_a_new_interpreter_says_that_variables_are_gone(python: Run, here: Conversation) -> None:
    assert "note" not in python("x = 1")
    turn = Turn.objects.create(conversation=here, number=1)
    Message.objects.create(conversation=here, turn=turn, number=1, role="tool", tool="python")
    assert "note" not in python("x")
    interpreters.close()
    told = python("x")
    assert "variables of earlier calls are gone" in told["note"]
    assert "NameError" in told["error"]


def test_conversations_do_not_share_an_interpreter(python: Run, by: Actor, olga: User) -> None:
    python("secret = 7")
    other = Conversation.objects.create(owner=olga)
    with serving(other.stream):
        assert "NameError" in call("python", {"code": "secret"}, by)["error"]


def test_long_prints_keep_their_beginning_and_their_end(python: Run) -> None:
    printed = python("print('begin'); [print('x' * 99) for _ in range(500)]; print('end')")["printed"]
    assert printed.startswith("begin\n")
    assert printed.endswith("end\n")
    assert "characters left out" in printed
    assert len(printed) < 11_000


def test_commands_run_beside_the_files_of_the_conversation(shell: Run, by: Actor) -> None:
    call("write_file", {"path": "a.txt", "text": "b\na\n"}, by)
    told = shell("sort a.txt | tee sorted.txt; exit 3")
    assert (told["printed"], told["exit_code"], told["files"]["written"]) == ("a\nb\n", 3, ["sorted.txt"])
