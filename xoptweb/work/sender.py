"""Waking workers through the broker, from a thread that no writer waits for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from xoptweb.courier import Courier

if TYPE_CHECKING:
    from kombu import Producer

CAPACITY = 2000
RUN = "xoptweb.work.run"

Wake = tuple[int, str]  # work id, queue


def deliver(wakes: Sequence[Wake]) -> None:
    """Put one message for each on its queue, now.

    Raises:
        kombu.exceptions.OperationalError: the broker does not answer; the rest was not sent.
    """
    from xoptweb.celery import app  # here, for Celery is slow to import and a web process may never need it

    with app.producer_pool.acquire(block=True) as producer:
        for work_id, queue in wakes:
            _put(producer, work_id, queue)


def _put(producer: "Producer", work_id: int, queue: str) -> None:
    from xoptweb.celery import app

    app.send_task(RUN, args=[work_id], queue=queue, producer=producer, retry=False, ignore_result=True)


courier: Courier[Wake] = Courier("work messages", deliver, capacity=CAPACITY)


def send(work_id: int, queue: str) -> None:
    """Wake a worker of `queue` soon, or never: neither blocks nor raises. The sweep sends again what nobody claims."""
    courier.post((work_id, queue))


def flush(timeout_s: float) -> bool:
    """For a process that is about to end: wait until all messages are out."""
    return courier.flush(timeout_s)
