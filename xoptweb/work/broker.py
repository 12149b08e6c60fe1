"""Looking into the broker's queues."""

from functools import cache
from typing import cast

import redis

from xoptweb.config import config

TIMEOUT_S = 2.0


def waiting(queue: str) -> int:
    """How many messages wait in `queue`.

    Raises:
        redis.exceptions.RedisError: the broker does not answer.
    """
    return cast("int", _client().llen(queue))  # the stubs answer for the asynchronous client too


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(config().broker(0), socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S)
