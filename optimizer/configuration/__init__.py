"""The configuration of one execution. Nothing here needs the database; see its modules for what does."""

from optimizer.configuration.schema import (
    EVALUATIONS_MAX,
    SECONDS_MAX,
    Baseline,
    Configuration,
    Expression,
    Goal,
    GuardRule,
    Initial,
    Limit,
    Measurement,
    VariableRange,
)

__all__ = [
    "EVALUATIONS_MAX",
    "SECONDS_MAX",
    "Baseline",
    "Configuration",
    "Expression",
    "Goal",
    "GuardRule",
    "Initial",
    "Limit",
    "Measurement",
    "VariableRange",
]
