"""The work `optimizer.stage`."""

from collections.abc import Mapping
from typing import Any

from optimizer.stages.due import TASK
from xoptweb.work.registry import task


def _gave_up(arguments: Mapping[str, Any], error: str) -> None:
    from optimizer.stages.run import gave_up

    gave_up(arguments, error)


@task(TASK, failed=_gave_up)
def stage(*, iteration: int, stage: str, round: int) -> None:  # noqa: A002 - the names of a stored row
    """Run one round of a stage."""
    from optimizer.models import Stage
    from optimizer.stages.run import run

    run(iteration, Stage(stage), round)
