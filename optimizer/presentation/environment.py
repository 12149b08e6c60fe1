"""The page of an environment: what it is, and who has a say in its stages."""

from dataclasses import dataclass
from functools import cached_property

from agents import gateway
from modules.models import Module, ModuleVersion
from modules.models.skill import NAMESPACE as SKILLS
from optimizer.models import AfterModuleFailure, Campaign, Document, Environment, Stage, StageModule
from optimizer.sentence import meaning
from optimizer.services.shipped import SHIPPED, Standing, standing
from optimizer.services.switching import RULES
from xoptweb.web.values import number, units

SAYS = {
    Stage.STATE: (
        "Each criterion of the environment is read from the machine: ready, not ready or unknown.",
        "Reads the documents, then channels, and can only make the answer worse.",
    ),
    Stage.DECISION: (
        "What is not known to be ready is aborted; else it explores first, and searches where something is known.",
        "Weighs what earlier iterations found: explore, search, or do not go on. Asked only when ready.",
    ),
    Stage.CONFIGURATION: (
        "A template for the strategy, with the person's choices.",
        "Chooses what the person left open; every choice is checked, and a person approves it.",
    ),
    Stage.ANALYSIS: (
        "Baseline, best, noise, course and what to do next, from the record.",
        "Explains and recommends beside the numbers of the rules, and may advise to stop.",
    ),
}


@dataclass(frozen=True)
class Place:
    """One stage that a module can take part in. `choices` are (name, label); `troubles` say why it would fail now."""

    stage: Stage
    rules: str
    says: str
    module: str
    choices: list[tuple[str, str]]
    troubles: list[str]
    by: str
    shipped: Standing

    @property
    def namespace(self) -> str:
        return self.module.partition("/")[0]

    @property
    def name(self) -> str:
        return self.module.partition("/")[2]


class EnvironmentPage:
    """Reads what ships, what is installed and what is switched on, once."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.stream = f"environment:{environment.slug}"
        self.policies = AfterModuleFailure.choices

    @cached_property
    def places(self) -> list[Place]:
        chosen = {row.stage: row for row in self.environment.stage_modules.all()}
        return [self._place(stage, chosen.get(str(stage))) for stage in StageModule.STAGES]

    def _place(self, stage: Stage, row: StageModule | None) -> Place:
        rules, says = SAYS[stage]
        name = row.module if row is not None else RULES
        return Place(
            stage=stage,
            rules=rules,
            says=says,
            module=name,
            choices=self._choices(stage, name),
            troubles=self._troubles(stage, name),
            by=row.by if row is not None else "",
            shipped=self.shipped[stage],
        )

    def _choices(self, stage: Stage, chosen: str) -> list[tuple[str, str]]:
        own, others = SHIPPED[stage].name, {one.name for one in SHIPPED.values()}
        installed = [one for one in self.installed if one == own or one not in others]
        installed.sort(key=lambda one: (one != own, one))
        if chosen and chosen not in installed:
            installed.insert(0, chosen)
        return [(RULES, "the rules alone"), *((one, f"the rules, then {one}") for one in installed)]

    def _troubles(self, stage: Stage, name: str) -> list[str]:
        if name == RULES:
            return []
        found = [] if name in self.installed else [f"{name} is not installed."]
        shipped = self.shipped[stage]
        if name == shipped.shipped.name and shipped.installed and shipped.missing:
            found.append(f"It lacks the grants {', '.join(shipped.missing)}.")
        return found if self.model else [*found, "No model is configured."]

    @cached_property
    def installed(self) -> list[str]:
        rows = Module.objects.filter(current__state=ModuleVersion.State.INSTALLED)
        rows = rows.exclude(name__startswith=f"{SKILLS}/")  # what one function gives is no stage's answer
        return list(rows.values_list("name", flat=True))

    @cached_property
    def shipped(self) -> dict[Stage, Standing]:
        return {stage: standing(SHIPPED[stage]) for stage in StageModule.STAGES}

    @cached_property
    def model(self) -> bool:
        return gateway.configured()

    @property
    def offers(self) -> list[Standing]:
        return list(self.shipped.values())

    @property
    def complete(self) -> bool:
        return all(one.usable and one.installed == one.version for one in self.offers)

    @property
    def to_ask_for(self) -> bool:
        """Whether one of them is neither here nor asked for."""
        return any(one.installed != one.version and not one.building and not one.waiting for one in self.offers)

    # -- what the environment is

    @cached_property
    def goals(self) -> list[str]:
        return [meaning(one) for one in self.environment.objectives.all()]

    @cached_property
    def documents(self) -> list[Document]:
        return list(self.environment.documents.all())

    @cached_property
    def facts(self) -> list[tuple[str, str]]:
        it = self.environment
        moves = [
            f"{one.name} ({number(one.channel.low)} … {number(one.channel.high)} {units(one.channel.units)})".replace(
                " )", ")"
            )
            for one in it.variables.select_related("channel")
        ]
        return [
            ("may move", ", ".join(moves) or "nothing"),
            ("measures", ", ".join(it.observables.values_list("name", flat=True)) or "nothing"),
            ("can improve", ", ".join(self.goals) or "nothing"),
            ("must hold before", ", ".join(str(one) for one in it.criteria.all()) or "nothing"),
            ("must hold meanwhile", ", ".join(str(one) for one in it.guards.all()) or "nothing"),
            ("documents", ", ".join(one.title for one in self.documents) or "none"),
        ]

    @cached_property
    def campaigns(self) -> int:
        return Campaign.objects.filter(environment=self.environment).count()
