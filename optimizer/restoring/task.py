"""The work `optimizer.restore`."""

from xoptweb.work.registry import task

TASK = "optimizer.restore"


@task(TASK)
def restore(*, approval: int) -> None:
    """Hand an approved restore to the watchdog."""
    from optimizer.restoring.begin import begin

    begin(approval)
