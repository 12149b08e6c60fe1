"""Texts as vectors, where a profile offers them."""

import asyncio
from collections.abc import Sequence

from agents.gateway import background, record, wire
from agents.gateway.failures import Failure, failure
from agents.gateway.profiles import Profile
from agents.gateway.request import Cause
from agents.gateway.tokens import tokens
from agents.models import ModelCall

Vector = list[float]


def embed(texts: Sequence[str], profile: Profile, cause: Cause) -> list[Vector]:
    """One vector for each text.

    Raises:
        Unavailable: as `asking.ask`.
        ValueError: the profile has no embeddings model.
    """
    if not profile.embeddings_model:
        raise ValueError(f"the profile {profile.name} has no embeddings model")
    row = record.begin(profile, cause, model=profile.embeddings_model, prompt={"texts": list(texts)}, cancelled=None)
    try:
        vectors, used = asyncio.run_coroutine_threadsafe(_embed(profile, list(texts)), background.loop()).result()
    except Exception as problem:
        told = failure(problem, profile.timeout_s)
        told.message = profile.hidden(told.message)
        record.end(row, ModelCall.State.FAILED, code=told.code, error=told.message)
        raise told from problem
    cost = profile.cost(used, 0)
    record.end(row, ModelCall.State.ANSWERED, tokens_in=used, cost=cost, model=profile.embeddings_model, attempts=1)
    return vectors


async def _embed(profile: Profile, texts: list[str]) -> tuple[list[Vector], int]:
    async with asyncio.timeout(profile.timeout_s):
        answer = await wire.client(profile).embeddings.create(
            model=profile.embeddings_model, input=texts, encoding_format="float"
        )
    vectors = [[float(number) for number in item.embedding] for item in sorted(answer.data, key=lambda one: one.index)]
    if len(vectors) != len(texts):
        raise Failure("The endpoint gave another number of vectors than texts.", code="nonsense")
    used = answer.usage.prompt_tokens if answer.usage else sum(tokens(text) for text in texts)
    return vectors, used
