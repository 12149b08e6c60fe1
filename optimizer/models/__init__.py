"""Optimisation problems, campaigns and their records."""

from optimizer.models.campaign import Campaign, Iteration, Stage, StageRecord
from optimizer.models.environment import (
    Constraint,
    Criterion,
    Document,
    Environment,
    Formula,
    Guard,
    Objective,
    Observable,
    Variable,
)
from optimizer.models.execution import Attempt, Evaluation, Execution

__all__ = [
    "Attempt",
    "Campaign",
    "Constraint",
    "Criterion",
    "Document",
    "Environment",
    "Evaluation",
    "Execution",
    "Formula",
    "Guard",
    "Iteration",
    "Objective",
    "Observable",
    "Stage",
    "StageRecord",
    "Variable",
]
