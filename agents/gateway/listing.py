"""The models that an endpoint says it has. Many tell nothing, and none has to."""

import asyncio
from dataclasses import dataclass
from typing import Any

from agents.gateway import background, wire
from agents.gateway.failures import failure
from agents.gateway.profiles import Profile

LONGEST_S = 10.0
MOST = 200


@dataclass(frozen=True)
class Listed:
    """`context` is how many tokens the model reads at once, where the endpoint tells that."""

    name: str
    context: int | None = None


def listed(profile: Profile) -> list[Listed]:
    """In the endpoint's order; nothing where it tells nothing, whatever the reason."""
    future = asyncio.run_coroutine_threadsafe(_listed(profile), background.loop())
    try:
        return future.result()
    except Exception as problem:  # noqa: BLE001 - what is no failure of an endpoint is raised again there
        failure(problem, LONGEST_S)
        return []


async def _listed(profile: Profile) -> list[Listed]:
    import httpx

    async with asyncio.timeout(LONGEST_S):
        answer = await wire.client(profile).get("/models", cast_to=httpx.Response)
    told = answer.json()
    rows = told.get("data") if isinstance(told, dict) else None
    made = [_one(row) for row in (rows if isinstance(rows, list) else [])[:MOST]]
    return [each for each in made if each is not None]


def _one(row: Any) -> Listed | None:
    if not isinstance(row, dict) or not isinstance(row.get("id"), str):
        return None
    meta = row.get("meta")
    told = [row.get("max_model_len"), meta.get("n_ctx") if isinstance(meta, dict) else None]  # vLLM; llama.cpp
    return Listed(row["id"], next((each for each in told if isinstance(each, int) and each > 0), None))
