"""The form for a new campaign: every choice with what stands there now, what it would be by rule, and what is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from controls.guarding import Condition, condition
from controls.models import Channel
from controls.monitor.values import Latest, latest
from controls.presentation import RangeBar, Value, range_bar, value_of
from optimizer.configuration.template import EVALUATIONS
from optimizer.forms import Typed
from optimizer.generators.catalogue import Entry, entry, generators
from optimizer.generators.options import Option
from optimizer.models import AfterModuleFailure, Campaign, Environment, Variable
from optimizer.ranges import RangeRefused, Rule, resolve
from optimizer.sentence import Understanding, meaning, understand
from optimizer.services.choices import LONGEST_WHY
from xoptweb.errors import Invalid
from xoptweb.web.values import number, units, visible

# A select shows one line: what does not fit there stands below it.
ENDS = (
    (Campaign.End.BEST.value, "stay at the best point, if confirmed"),
    (Campaign.End.RESTORE.value, "restore the values from before"),
    (Campaign.End.LEAVE.value, "leave the last settings"),
)
END_MEANS = "The best point is measured again; if that does not confirm it, the values from before are restored."
CRASHES = (
    (Campaign.AfterCrash.RESUME.value, "restore, then resume"),
    (Campaign.AfterCrash.RESTORE.value, "restore and end"),
)
PLACES = {
    "pinned.variables": "What may move",
    "pinned.constraints": "A result counts only if",
    "pinned.options": "Options of the generator",
    "pinned.initial": "Initial points",
    "environment": "Environment",
}
CRASH_MEANS = "It resumes by replaying the recorded evaluations."


@dataclass(frozen=True)
class Field:
    """`error` stands under the field it is about."""

    name: str
    label: str
    value: str = ""
    error: str = ""
    help: str = ""
    placeholder: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class VariableRow:
    """One variable. `rule` is what the environment says; `from_rule` and `to_rule` what that gives now."""

    name: str
    channel: Channel
    value: Value
    units: str
    limits: str
    step: str
    bar: RangeBar | None
    chosen: bool
    low: Field
    high: Field
    rule: str
    error: str


@dataclass(frozen=True)
class ConstraintRow:
    name: str
    text: str
    chosen: bool


class NewPage:
    """Reads the environment once; `errors` are the faults by their dotted field."""

    def __init__(
        self,
        environment: Environment,
        environments: list[Environment],
        typed: Typed,
        errors: Mapping[str, str],
        *,
        revising: bool = False,
    ) -> None:
        self.environment = environment
        self.environments = environments
        self.typed = typed
        self.errors = dict(errors)
        self.latest: dict[str, Latest] = latest(environment.machine)
        self.objectives = list(environment.objectives.all())
        self._used: set[str] = set()
        self.revising = revising
        self.understanding: Understanding = understand(typed.text("sentence"), self.objectives)
        self.variables = [self._variable(one) for one in environment.variables.select_related("channel")]
        measured = dict(environment.observables.values_list("name", "channel__units"))
        self.constraints = [
            self._constraint(one.name, f"{one.get_kind_display()} {number(one.value)}", measured.get(one.name, ""))
            for one in environment.constraints.all()
        ]
        self.criteria: list[Condition] = [
            condition(one.name, one.channel, one.operator, one.value, self.latest.get(one.channel.address))
            for one in environment.criteria.select_related("channel")
        ]

    # -- what it is about

    @property
    def sentence(self) -> Field:
        return self._field("sentence", "What should become better?", placeholder="make the beam on the screen smaller")

    @property
    def objective(self) -> Field:
        choices = tuple((one.name, meaning(one)) for one in self.objectives)
        return self._field("objective", "Objective", choices=(("", "as understood"), *choices))

    @property
    def why(self) -> str:
        """The reason that the assistant gave, where this page is its proposal."""
        return visible(self.typed.text("why"))[:LONGEST_WHY]

    @property
    def ready(self) -> bool:
        return all(one.manner == "good" for one in self.criteria)

    # -- how

    @property
    def generator(self) -> Field:
        choices = tuple((one.name, one.title) for one in generators())
        return self._field(
            "generator", "Generator", "pinned.generator", choices=(("", "chosen by the rules"), *choices)
        )

    @property
    def chosen_generator(self) -> Entry | None:
        try:
            return entry(self.typed.text("generator")) if self.typed.text("generator") else None
        except Invalid:
            return None

    @property
    def options(self) -> list[Field]:
        chosen = self.chosen_generator
        return [self._option(option) for option in chosen.options] if chosen else []

    @property
    def budget(self) -> list[Field]:
        usual = f"{EVALUATIONS['exploration']} exploring, {EVALUATIONS['optimization']} searching"
        fields = [
            self._field("evaluations", "Evaluations in each iteration", "pinned.evaluations", placeholder=usual),
            self._field("seconds", "Seconds for each, at most", "pinned.seconds", placeholder="twice the estimate"),
            self._field("confirmations", "Measurements to confirm the best", "pinned.confirmations", placeholder="3"),
        ]
        if not self.revising:
            fields.insert(2, self._field("iterations_max", "Iterations, at most", default="2"))
        return fields

    @property
    def initial(self) -> list[Field]:
        methods = (
            ("", "by the rules"),
            ("latin_hypercube", "Latin hypercube"),
            ("random", "random"),
            ("best", "best of earlier campaigns"),
            ("none", "none but the present values"),
        )
        return [
            self._field("method", "Initial points", "pinned.initial.method", choices=methods),
            self._field("count", "How many", "pinned.initial.count", placeholder="by the rules"),
            self._field("seed", "Seed", "pinned.seed", placeholder="drawn"),
        ]

    @property
    def policies(self) -> list[Field]:
        return [*self._usual_policies, *self._module_policies]

    @property
    def _module_policies(self) -> list[Field]:
        """Only where a module has a say."""
        environment = self.environment
        if not environment.stage_modules.exists():
            return []
        usual = f"as this environment says: {environment.get_after_module_failure_display()}"
        choices = (("", usual), *AfterModuleFailure.choices)
        return [self._field("after_module_failure", "When the module of a stage fails", choices=choices)]

    @property
    def _usual_policies(self) -> list[Field]:
        return [
            self._field("end", "At the end", choices=ENDS, default="best", help_text=END_MEANS),
            self._field("after_crash", "After a crash", choices=CRASHES, default="resume", help_text=CRASH_MEANS),
            self._field("votes_needed", "People who must approve", default="1"),
        ]

    @property
    def ask_each_iteration(self) -> bool:
        return bool(self.typed.text("ask_each_iteration")) if self.typed.submitted else True

    @property
    def requester_may_decide(self) -> bool:
        return bool(self.typed.text("requester_may_decide"))

    @property
    def elsewhere(self) -> dict[str, str]:
        """Faults that belong to no field shown, by where they belong; read it last."""
        return {PLACES.get(name, name): text for name, text in self.errors.items() if name not in self._used}

    # -- parts

    def _error(self, path: str) -> str:
        self._used.add(path)
        return self.errors.get(path, "")

    def _field(
        self,
        name: str,
        label: str,
        path: str = "",
        *,
        placeholder: str = "",
        default: str = "",
        choices: tuple[tuple[str, str], ...] = (),
        help_text: str = "",
    ) -> Field:
        typed = self.typed.text(name)
        value = typed if typed or self.typed.submitted else default
        return Field(name, label, value, self._error(path or name), help_text, placeholder, choices)

    def _option(self, option: Option) -> Field:
        default = "none" if option.default is None else str(option.default).lower()
        choices: tuple[tuple[str, str], ...] = ()
        if option.type == "boolean":
            choices = (("", f"as usual ({default})"), ("true", "yes"), ("false", "no"))
        elif option.type == "choice":
            choices = (("", f"as usual ({default})"), *((one, one) for one in option.choices))
        return Field(
            name=f"option-{option.name}",
            label=option.name.replace("_", " ").replace(".", ": "),
            value=self.typed.text(f"option-{option.name}"),
            error=self._error(f"pinned.options.{option.name}"),
            help=option.description,
            placeholder=default,
            choices=choices,
        )

    def _variable(self, variable: Variable) -> VariableRow:
        channel = variable.channel
        value = value_of(channel, self.latest.get(channel.address))
        path = f"pinned.variables.{variable.name}"
        low, high, band, rule = self._range(variable, value)
        chosen = variable.name in self.typed.several("variable") if self.typed.submitted else variable.default
        return VariableRow(
            name=variable.name,
            channel=channel,
            value=value,
            units=units(channel.units),
            limits=f"{number(channel.low)} … {number(channel.high)}",
            step=number(channel.max_step),
            bar=range_bar(channel.low, channel.high, now=value, band=band, precision=channel.precision),
            chosen=chosen,
            low=self._field(f"low-{variable.name}", f"{variable.name} from", f"{path}.low", placeholder=low),
            high=self._field(f"high-{variable.name}", f"{variable.name} to", f"{path}.high", placeholder=high),
            rule=rule,
            error=self._error(path),
        )

    def _range(self, variable: Variable, value: Value) -> tuple[str, str, tuple[float, float] | None, str]:
        """What the rule gives now: from, to, band, and the rule in words."""
        channel, words = variable.channel, rule_words(variable)
        if channel.low is None or channel.high is None or value.number is None:
            return "", "", None, words
        rule = Rule(variable.kind, variable.low, variable.high, variable.fraction)
        try:
            found = resolve(rule, value.number, channel.low, channel.high)
        except RangeRefused as problem:
            return "", "", None, f"{words}: {problem}"
        note = f"{words}; {found.note}" if found.note else words
        places = channel.precision
        return number(found.low, places), number(found.high, places), (found.low, found.high), note

    def _constraint(self, name: str, bound: str, unit: str) -> ConstraintRow:
        chosen = name in self.typed.several("constraint") if self.typed.submitted else True
        return ConstraintRow(name, f"{name} {bound} {units(unit)}".rstrip(), chosen)


def rule_words(variable: Variable) -> str:
    """The range rule as a person says it."""
    if variable.kind == Variable.Kind.ABSOLUTE:
        return f"{number(variable.low)} to {number(variable.high)}"
    if variable.kind == Variable.Kind.DELTA:
        if variable.low is not None and variable.high is not None and variable.low == -variable.high:
            return f"now ± {number(variable.high)}"
        return f"now {number(variable.low)} to now +{number(variable.high)}"
    share = number(100 * (variable.fraction or 0))
    whole = "the full limits" if variable.kind == Variable.Kind.FRACTION_FULL else "itself"
    return f"now ± {share} % of {whole}"
