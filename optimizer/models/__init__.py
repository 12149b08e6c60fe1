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
from optimizer.models.policy import AfterModuleFailure
from optimizer.models.stage_module import StageModule, StageRun

__all__ = [
    "AfterModuleFailure",
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
    "StageModule",
    "StageRecord",
    "StageRun",
    "Variable",
]
