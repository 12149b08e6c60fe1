"""Texts as vectors, where a profile offers them."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from typing import Any

from pydantic import BaseModel

from agents.gateway import background, breaker, budgets, record, wire
from agents.gateway.failures import Failure, failure
from agents.gateway.pieces import Usage
from agents.gateway.profiles import Profile
from agents.gateway.request import Cancelled, Cause
from agents.gateway.tokens import tokens
from agents.models import ModelCall

LOOK_EVERY_S = 0.1

Vector = list[float]
Made = tuple[list[Vector], int]


class One(BaseModel):
    index: int
    embedding: list[float]


class Vectors(BaseModel):
    """What an endpoint sends, checked anew: the client takes whatever comes."""

    data: list[One]
    usage: Usage | None = None


def embed(
    texts: Sequence[str],
    profile: Profile,
    cause: Cause,
    *,
    patience_s: float | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> list[Vector]:
    """One vector for each text. `patience_s` is how long somebody waits for it, if that is less than for an answer.

    Raises:
        Unavailable: as `asking.ask`.
        Conflict: likewise.
        Cancelled: `cancelled` said so; it is asked several times a second.
        ValueError: the profile has no embeddings model.
    """
    if not profile.embeddings_model:
        raise ValueError(f"the profile {profile.name} has no embeddings model")
    breaker.check(profile)
    budgets.check(profile, cause.user)
    prompt = {"texts": list(texts)}
    row = record.begin(profile, cause, model=profile.embeddings_model, prompt=prompt, cancelled=cancelled)
    seconds = min(profile.timeout_s, patience_s or profile.timeout_s)
    asked = _embed(profile, list(texts), seconds)
    try:
        vectors, used = _awaited(asyncio.run_coroutine_threadsafe(asked, background.loop()), cancelled)
    except Cancelled:
        record.end(row, ModelCall.State.CANCELLED)
        raise
    except Exception as problem:  # noqa: BLE001 - told apart there, and raised again when it is no failure
        told = failure(problem, seconds, profile.hidden)
        if seconds < profile.timeout_s and told.code == "slow":
            told.code = "not_waited_for"  # it may be well: the breaker passes over this one
        record.end(row, ModelCall.State.FAILED, code=told.code, error=told.message)
        raise told from None  # a traceback would tell what the endpoint said, and with it the key
    cost = profile.cost(used, 0)
    record.end(row, ModelCall.State.ANSWERED, tokens_in=used, cost=cost, model=profile.embeddings_model, attempts=1)
    return vectors


def _awaited(coming: "Future[Made]", cancelled: Callable[[], bool] | None) -> Made:
    while not wait([coming], LOOK_EVERY_S).done:
        if cancelled is not None and cancelled():
            coming.cancel()
            raise Cancelled("The call was cancelled.")
    return coming.result()


async def _embed(profile: Profile, texts: list[str], seconds: float) -> Made:
    create = wire.client(profile).embeddings.create  # what this loads is no silence of the model's
    async with asyncio.timeout(seconds):
        answer: Any = await create(model=profile.embeddings_model, input=texts, encoding_format="float")
    made = Vectors.model_validate(answer.model_dump(warnings=False) if isinstance(answer, BaseModel) else answer)
    vectors = [item.embedding for item in sorted(made.data, key=lambda one: one.index)]
    if len(vectors) != len(texts):
        raise Failure("The endpoint gave another number of vectors than texts.", code="nonsense")
    used = made.usage.prompt_tokens if made.usage else sum(tokens(text) for text in texts)
    return vectors, used
