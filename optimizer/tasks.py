"""The optimizer's work, registered when the app starts."""

from optimizer.execution import reconcile
from optimizer.execution import task as execution_task
from optimizer.restoring import task as restore_task
from optimizer.stages import task as stage_task

__all__ = ["execution_task", "reconcile", "restore_task", "stage_task"]
