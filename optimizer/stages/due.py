"""Having a stage run."""

from optimizer.models import Iteration, Stage
from xoptweb.work.models import Work
from xoptweb.work.services import enqueue

TASK = "optimizer.stage"


def enqueue_stage(iteration: Iteration, stage: Stage, number: int = 1) -> Work:
    """Make a round of a stage due, once; inside the transaction of what led to it."""
    return enqueue(
        TASK,
        {"iteration": iteration.pk, "stage": str(stage), "round": number},
        key=f"stage:{iteration.pk}:{stage}:{number}",
        correlation=f"campaign:{iteration.campaign_id}",
    )
