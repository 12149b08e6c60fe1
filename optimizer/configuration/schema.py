"""The configuration of one execution: what is varied, measured, improved, and for how long."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, NonNegativeFloat, PositiveFloat, PositiveInt

EVALUATIONS_MAX = 10_000
SECONDS_MAX = 24 * 3600.0

Method = Literal["latin_hypercube", "random", "best", "none"]
Direction = Literal["minimize", "maximize"]
Statistic = Literal["mean", "median", "min", "max", "std", "last"]
Operator = Literal[">", ">=", "<", "<=", "==", "!="]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VariableRange(_Part):
    """Where one variable may go, in the channel's own units. `limit_low` to `limit_high` is all the channel may do."""

    channel: str
    address: str
    low: FiniteFloat
    high: FiniteFloat
    start: FiniteFloat
    max_step: PositiveFloat
    units: str = ""
    precision: int = 3
    limit_low: FiniteFloat
    limit_high: FiniteFloat
    tolerance: NonNegativeFloat = 0.0
    settle_s: NonNegativeFloat = 0.0
    note: str = Field("", description="What was done to the range, such as clipping it to the limits.")


class Measurement(_Part):
    """An observable: `samples` fresh updates of `address`, reduced by `statistic`, within `timeout_s`."""

    address: str
    channel: str
    samples: PositiveInt = 1
    statistic: Statistic = "mean"
    timeout_s: PositiveFloat = 3.0
    units: str = ""


class Expression(_Part):
    """A formula over observables and earlier formulas."""

    expression: str
    units: str = ""


class Goal(_Part):
    """The observable or formula `name` is to be made smaller or larger."""

    name: str
    direction: Direction
    units: str = ""
    log: bool = False


class Limit(_Part):
    """A result is feasible only where the named observable or formula is strictly above or below `value`."""

    kind: Literal["greater_than", "less_than"]
    value: FiniteFloat


class GuardRule(_Part):
    """Must hold while the execution runs."""

    name: str
    address: str
    channel: str
    operator: Operator
    value: FiniteFloat
    action: Literal["pause", "abort"]


class Baseline(_Part):
    """The objective at the start values: `value` ± `error` (standard error) from `samples`, measured in `took_s`."""

    value: FiniteFloat
    error: NonNegativeFloat | None = None
    samples: PositiveInt
    took_s: NonNegativeFloat = 0.0


class Initial(_Part):
    """Points set before the generator is asked: the present values, then `rows`, drawn when this was configured."""

    current: bool = True
    method: Method = "latin_hypercube"
    count: int = Field(5, ge=0, le=EVALUATIONS_MAX)
    rows: list[dict[str, FiniteFloat]] = []


class Configuration(_Part):
    """What is validated, approved by its digest, and then run. `evaluations` counts the initial points too, and the
    confirming measurements do not count."""

    generator: str
    options: dict[str, Any] = {}
    evaluations: int = Field(ge=1, le=EVALUATIONS_MAX)
    seconds: float = Field(gt=0, le=SECONDS_MAX)
    initial: Initial = Initial()
    seed: int = Field(0, ge=0, lt=2**31)
    variables: dict[str, VariableRange]
    observables: dict[str, Measurement]
    formulas: dict[str, Expression] = {}
    objective: Goal
    constraints: dict[str, Limit] = {}
    guards: list[GuardRule] = []
    baseline: Baseline | None = None
    confirmations: int = Field(3, ge=0, le=100)
    end: Literal["best", "restore", "leave"] = "best"

    @property
    def start(self) -> dict[str, float]:
        """Setpoints the execution starts from, by variable."""
        return {name: variable.start for name, variable in self.variables.items()}

    @property
    def first_points(self) -> int:
        """Evaluations before the generator is asked."""
        return len(self.initial.rows) + (1 if self.initial.current else 0)

    def feasible(self, outputs: dict[str, float]) -> bool:
        """Whether measured outputs satisfy every constraint; a NaN or a missing output does not."""
        for name, limit in self.constraints.items():
            value = outputs.get(name, float("nan"))
            holds = value > limit.value if limit.kind == "greater_than" else value < limit.value
            if not holds:
                return False
        return True
