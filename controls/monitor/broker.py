"""Connections to the broker's database 2, one pool a process."""

import os
from functools import lru_cache

from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from xoptweb.config import config

DATABASE = 2
CONNECT_S = 0.5
ANSWER_S = 1.0


def broker(answer_s: float = ANSWER_S) -> Redis:
    """A client whose calls fail with `redis.RedisError` after `answer_s` seconds without an answer."""
    return _client(os.getpid(), answer_s)


@lru_cache(maxsize=8)
def _client(process: int, answer_s: float) -> Redis:
    # one retry: a pooled connection may be from before the broker restarted
    return Redis.from_url(
        config().broker(DATABASE),
        socket_connect_timeout=CONNECT_S,
        socket_timeout=answer_s,
        retry=Retry(NoBackoff(), 1),
        decode_responses=True,
    )
