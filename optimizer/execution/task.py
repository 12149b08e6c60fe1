"""The work `optimizer.execute`, on the control queue of a machine."""

from xoptweb.work.registry import task


@task("optimizer.execute")
def execute(*, execution: int) -> None:
    """Carry out one attempt. Imports here, so that other processes stay small."""
    from optimizer.execution.attempt import carry_out

    carry_out(execution)
