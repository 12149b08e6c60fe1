"""An optimisation problem on a machine: what may be varied, what is measured, what must hold."""

from django.core.validators import MinValueValidator
from django.db import models

from optimizer.models.policy import AfterModuleFailure


class Operator(models.TextChoices):
    ABOVE = ">", ">"
    AT_LEAST = ">=", "≥"
    BELOW = "<", "<"
    AT_MOST = "<=", "≤"
    EQUAL = "==", "="
    UNEQUAL = "!=", "≠"


class Environment(models.Model):
    machine = models.ForeignKey("controls.Machine", models.PROTECT, related_name="environments")
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    after_module_failure = models.CharField(
        max_length=10, choices=AfterModuleFailure, default=AfterModuleFailure.RULES,
        help_text="What a campaign does when the module of a stage fails, unless it says otherwise.",
    )  # fmt: skip

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Part(models.Model):
    """A named part of an environment; names are what formulas, generators and records use."""

    name = models.SlugField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Variable(Part):
    """What a generator may vary. The range follows from `kind` and the channel's value at configuration time."""

    class Kind(models.TextChoices):
        ABSOLUTE = "absolute", "from low to high"
        DELTA = "delta", "present value plus low to plus high"
        FRACTION_FULL = "fraction_full", "present value ± fraction of the full limits"
        FRACTION_CURRENT = "fraction_current", "present value ± fraction of itself"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="variables")
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.ABSOLUTE)
    low = models.FloatField(null=True, blank=True)
    high = models.FloatField(null=True, blank=True)
    fraction = models.FloatField(null=True, blank=True, help_text="0.1 is ten per cent.")
    default = models.BooleanField(default=True, help_text="Chosen in a new campaign.")


class Observable(Part):
    """A measurement: `samples` fresh updates of a channel, reduced by `statistic`."""

    class Statistic(models.TextChoices):
        MEAN = "mean"
        MEDIAN = "median"
        MIN = "min"
        MAX = "max"
        STD = "std", "standard deviation"
        LAST = "last"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="observables")
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="+")
    samples = models.PositiveSmallIntegerField(default=1, validators=[MinValueValidator(1)])
    statistic = models.CharField(max_length=10, choices=Statistic, default=Statistic.MEAN)
    timeout_s = models.FloatField(default=3.0)


class Formula(Part):
    """An expression over observables' names, evaluated by a safe expression library."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="formulas")
    expression = models.CharField(max_length=400)
    units = models.CharField(max_length=20, blank=True)


class Objective(Part):
    """`name` is an observable or formula that can be improved; words by which operators mean it are `synonyms`."""

    class Direction(models.TextChoices):
        MINIMIZE = "minimize", "minimise"
        MAXIMIZE = "maximize", "maximise"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="objectives")
    direction = models.CharField(max_length=10, choices=Direction)
    synonyms = models.JSONField(default=list, blank=True)
    units = models.CharField(max_length=20, blank=True)
    log = models.BooleanField(default=False, help_text="Charts use a logarithmic axis.")


class Constraint(Part):
    """A result is feasible only where the observable or formula `name` satisfies it."""

    class Kind(models.TextChoices):
        GREATER_THAN = "greater_than", ">"
        LESS_THAN = "less_than", "<"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="constraints")
    kind = models.CharField(max_length=14, choices=Kind)
    value = models.FloatField()


class Condition(models.Model):
    """`channel operator value`, such as beam charge > 80 pC."""

    name = models.CharField(max_length=80)
    channel = models.ForeignKey("controls.Channel", models.PROTECT, related_name="+")
    operator = models.CharField(max_length=2, choices=Operator)
    value = models.FloatField()

    class Meta:
        abstract = True
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} {self.get_operator_display()} {self.value:g}"


class Criterion(Condition):
    """Must hold before a campaign's execution may start."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="criteria")

    class Meta(Condition.Meta):
        verbose_name_plural = "criteria"


class Guard(Condition):
    """Must hold while an execution runs; otherwise it pauses or aborts."""

    class Action(models.TextChoices):
        PAUSE = "pause"
        ABORT = "abort"

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="guards")
    action = models.CharField(max_length=10, choices=Action, default=Action.PAUSE)


class Document(models.Model):
    """Reference text about the environment, for people and for models."""

    environment = models.ForeignKey(Environment, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=200)
    text = models.TextField()

    def __str__(self) -> str:
        return self.title
