"""`python -m bench.publisher STREAM RATE SECONDS`: writes numbered events as a worker does, at so many a second.

With a fourth word, `bare`, they only go through the broker to the rival: nothing is numbered, nothing is stored.
"""

import json
import os
import sys
import time
from collections.abc import Callable

Publish = Callable[[float], None]


def as_worker(stream: str) -> Publish:
    os.environ |= {"XOPTWEB_ROLE": "worker", "DJANGO_SETTINGS_MODULE": "xoptweb.settings"}
    import django

    django.setup()
    from xoptweb.live.services import publish
    from xoptweb.transactions import transaction

    def write(at: float) -> None:
        with transaction("an event to be seen"):
            publish(stream, "evaluation", {"at": at, "n": 1, "inputs": {"V1": 1.0, "V2": 2.0, "V3": 3.0}})

    return write


def bare(stream: str) -> Publish:
    from redis import Redis

    from xoptweb.config import config

    broker = Redis.from_url(config().broker(3))

    def send(at: float) -> None:
        broker.publish(stream, json.dumps({"type": "events", "events": [{"payload": {"at": at}}]}))

    return send


def main(words: list[str]) -> int:
    stream, rate, seconds = words[0], float(words[1]), float(words[2])
    write = bare(stream) if words[3:] == ["bare"] else as_worker(stream)
    write(time.monotonic())  # opens what is opened once
    time.sleep(0.5)
    due = time.monotonic()
    for _ in range(int(rate * seconds)):
        write(time.monotonic())
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))
    time.sleep(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
