"""The one task that Celery knows."""

import channels_redis.pubsub  # noqa: F401 - before the fork, or each child's first live event waits for it

from xoptweb.celery import app
from xoptweb.work import forking, running, sender  # noqa: F401 - forking: its signal


@app.task(name=sender.RUN, ignore_result=True)
def run(work_id: int) -> None:
    running.run(work_id)
