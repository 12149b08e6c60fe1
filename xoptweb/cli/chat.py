"""`xoptweb chat`."""

import argparse
import getpass
import json
import sys
from typing import TYPE_CHECKING

from xoptweb.cli import modules_here

if TYPE_CHECKING:
    from agents.models import Conversation, Message, Turn
    from xoptweb.actors import Actor

LONGEST = 100  # characters of a call's arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", metavar="TEXT", nargs="?", help="one question; without it, a line is a question")
    parser.add_argument("--as", dest="account", default=getpass.getuser(), metavar="NAME", help="account to act as")
    parser.add_argument("--conversation", type=int, metavar="N", help="go on with this conversation")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from agents.services import conversations

    by = actor(options.account)
    found = conversations.find(options.conversation, by=by) if options.conversation else conversations.begin(by=by)
    modules_here.say(f"conversation {found.pk}, as {by.label}")
    if options.text is not None:
        return ask(found, options.text, by)
    return talk(found, by)


def actor(name: str) -> "Actor":
    """Raises NotFound."""
    from xoptweb.accounts.models import User
    from xoptweb.actors import Actor
    from xoptweb.errors import NotFound

    user = User.objects.filter(username=name).first()
    if user is None:
        raise NotFound(f"There is no account “{name}”; name one with --as.")
    return Actor(user=user, via="cli")


def talk(conversation: "Conversation", by: "Actor") -> int:
    """Until an empty line, or the end of the input; the last answer decides the exit code."""
    code = 0
    while True:
        sys.stderr.write("> ")
        sys.stderr.flush()
        line = sys.stdin.readline().strip()
        if not line:
            return code
        try:
            code = ask(conversation, line, by)
        except KeyboardInterrupt:
            modules_here.say("\ncancelled")
            code = 1


def ask(conversation: "Conversation", text: str, by: "Actor") -> int:
    """Ask, and answer in this process; the exit code."""
    from agents.loop import turn as turns
    from agents.services import conversations

    turn = conversations.ask(conversation, text, by=by, here=True)
    turns.run(turn.pk, on_text=_write, on_event=_tell)
    turn.refresh_from_db()
    sys.stdout.write("\n")
    _conclude(turn)
    _name_proposals(turn)
    return 0 if turn.state == turn.State.DONE else 1


def _write(text: str) -> None:
    from xoptweb.web.values import visible

    sys.stdout.write(visible(text))
    sys.stdout.flush()


def _tell(row: "Message") -> None:
    """A call of a tool, once it has a result."""
    from xoptweb.web.values import visible

    if row.role == row.Role.TOOL and row.tool:
        given = json.dumps(row.arguments, ensure_ascii=False)[:LONGEST]
        modules_here.say(visible(f"\n· {row.tool} {given}{' failed' if row.failed else ''}"))


def _conclude(turn: "Turn") -> None:
    from agents.presentation.turns import verdict
    from xoptweb.web.values import visible

    remarks, _ = verdict(turn.verdict)
    for remark in remarks:
        modules_here.say(f"not supported by what it read: {remark.what} ({remark.why})")
    if turn.message:
        modules_here.say(visible(turn.message))


def _name_proposals(turn: "Turn") -> None:
    """Where a person finds what was prepared: on a page, for nothing here starts it."""
    from agents.models import Message
    from agents.presentation.sources import proposals

    for one in proposals(Message.objects.filter(turn=turn).order_by("number")):
        modules_here.say(f"proposed: {one.text}\n  {one.button} on the site: {one.link}")
