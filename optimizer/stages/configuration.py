"""Configuration: measure where the machine is, fill the strategy's template, and validate it before anyone is asked."""

import secrets

from optimizer.baseline import measure
from optimizer.configuration import Configuration
from optimizer.configuration.estimate import evaluation_s, total_s
from optimizer.configuration.template import BEST_ROWS, Known, build, goal, measured
from optimizer.configuration.validation import require_valid, validate
from optimizer.generators import catalogue
from optimizer.history import best_points
from optimizer.models import Campaign, Iteration, Stage, StageRecord
from optimizer.services.choices import Pinned, chosen_variables
from optimizer.setpoints import read_numbers
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import enqueue_stage
from optimizer.words import measured as in_words


def conclude(iteration: Iteration, record: StageRecord) -> Conclusion:
    """A valid configuration, or a failure that names every fault."""
    campaign = iteration.campaign
    machine = campaign.environment.machine
    present = setpoints(campaign)
    observables, formulas = measured(campaign.environment)
    baseline = measure(machine, goal(campaign.objective), observables, formulas)
    known = Known(present, baseline, best_points(campaign, BEST_ROWS))
    configuration = build(campaign, iteration.strategy, known, secrets.randbelow(2**31))
    require_valid(validate(configuration, campaign.environment, setpoints(campaign)))
    title = catalogue.entry(configuration.generator).title
    return Conclusion(
        summary=title.lower(),
        reasoning=_reasoning(configuration, iteration),
        result={
            "generator": configuration.generator,
            "evaluations": configuration.evaluations,
            "evaluation_s": evaluation_s(configuration),
            "total_s": total_s(configuration),
            "baseline": configuration.baseline.model_dump() if configuration.baseline else None,
            "notes": notes(configuration),
        },
        then=lambda row: _approve(iteration, configuration, row.round),
    )


def setpoints(campaign: Campaign) -> dict[str, float]:
    """Present setpoints of the chosen variables, from the control system.

    Raises:
        Unavailable: one does not answer, or reads no number.
    """
    chosen = chosen_variables(Pinned.model_validate(campaign.pinned), campaign.environment)
    addresses = {variable.name: variable.channel.address for variable in chosen}
    return read_numbers(campaign.environment.machine, addresses)


def notes(configuration: Configuration) -> list[str]:
    """What a person should know about the ranges."""
    return [f"{name}: {variable.note}" for name, variable in configuration.variables.items() if variable.note]


def _reasoning(configuration: Configuration, iteration: Iteration) -> str:
    entry = catalogue.entry(configuration.generator)
    goal_, base = configuration.objective, configuration.baseline
    sentences = [f"{entry.title}: {entry.summary}"]
    if base is not None:
        sentences.append(f"{goal_.name} is {in_words(base.value, base.error, goal_.units)} now.")
    if configuration.initial.rows:
        where = "the best earlier points" if configuration.initial.method == "best" else "drawn points"
        sentences.append(f"It begins with {len(configuration.initial.rows)} of {where}.")
    sentences += [f"{note}." for note in notes(configuration)]
    if iteration.changes_requested:
        sentences.append(f"Changes were requested: {iteration.changes_requested}")
    return " ".join(sentences)


def _approve(iteration: Iteration, configuration: Configuration, number: int) -> None:
    Iteration.objects.filter(pk=iteration.pk).update(configuration=configuration.model_dump(mode="json"))
    enqueue_stage(iteration, Stage.APPROVAL, number)
