"""What happens to work by itself."""

from xoptweb.work.forgetting import forget_done
from xoptweb.work.registry import periodic

FORGET_EVERY_S = 60.0


@periodic("work.forget_done", FORGET_EVERY_S)
def forget() -> None:
    forget_done()
