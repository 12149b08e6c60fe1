"""What happens to the record of calls by itself."""

from xoptweb.work.registry import periodic

FORGET_EVERY_S = 60.0


@periodic("tools.forget_calls", FORGET_EVERY_S)
def forget_calls() -> None:
    from xoptweb.tools import outside

    outside.forget_calls()
