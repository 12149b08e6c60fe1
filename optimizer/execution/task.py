"""The work `optimizer.execute`, on the control queue of a machine."""

from collections.abc import Mapping
from typing import Any

from xoptweb.work.registry import task


def _gave_up(arguments: Mapping[str, Any], error: str) -> None:
    from optimizer.execution.reconcile import never_begun

    never_begun(int(arguments["execution"]))


@task("optimizer.execute", failed=_gave_up)
def execute(*, execution: int) -> None:
    """Carry out one attempt. Imports here, so that other processes stay small."""
    from optimizer.execution.attempt import carry_out

    carry_out(execution)
