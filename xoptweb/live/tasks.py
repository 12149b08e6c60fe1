"""What happens to events by itself."""

from xoptweb.live.forgetting import forget_old
from xoptweb.work.registry import periodic, task
from xoptweb.work.services import enqueue

FORGET = "live.forget"
FORGET_EVERY_S = 3600.0


@task(FORGET)
def forget() -> None:
    forget_old()


@periodic(FORGET, FORGET_EVERY_S)
def forget_soon() -> None:
    enqueue(FORGET, {}, key=FORGET)
