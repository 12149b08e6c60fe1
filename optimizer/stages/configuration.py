"""Configuration: measure where the machine is, fill the strategy's template, and validate it before anyone is asked."""

import secrets
from dataclasses import replace

from optimizer.baseline import measure
from optimizer.configuration import Configuration
from optimizer.configuration.estimate import evaluation_s, total_s
from optimizer.configuration.template import BEST_ROWS, Known, build, goal, measured
from optimizer.configuration.validation import require_valid, validate
from optimizer.generators import catalogue
from optimizer.history import best_points
from optimizer.models import Campaign, Iteration, Stage, StageRecord
from optimizer.services.choices import Pinned, chosen_variables, faults
from optimizer.setpoints import read_numbers
from optimizer.stages.by_module import configuration as by_module
from optimizer.stages.by_module.question import Answered, Question, Refused
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import enqueue_stage
from optimizer.words import listed
from optimizer.words import measured as in_words
from xoptweb.errors import Invalid, Unavailable


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
    asked = Question(
        lambda: by_module.given(iteration, _widely_known(campaign, known), configuration),
        lambda answered: _by_module(iteration, known, answered),
        attempts=by_module.ATTEMPTS,
    )
    return replace(_concluded(iteration, configuration), question=asked)


def _by_module(iteration: Iteration, known: Known, answered: Answered) -> Conclusion:
    """As the module chooses where the person left it open, checked like a person's choices.

    Raises:
        Refused: something it chose does not suit the environment, the channels' limits or the budgets.
        Unavailable: the present setpoints can't be read.
    """
    campaign = iteration.campaign
    environment = campaign.environment
    answer = by_module.answer_of(answered)
    found = by_module.merged(Pinned.model_validate(campaign.pinned), answer.choices)
    made_up = by_module.unknown(answer.choices, environment)
    by_module.require([*made_up, *faults(found.pinned, environment, campaign.objective.name)])
    present = setpoints(campaign, found.pinned)
    known = replace(known, present=present)
    try:
        configuration = build(campaign, iteration.strategy, known, secrets.randbelow(2**31), pinned=found.pinned)
    except Invalid as problem:
        raise Refused(problem.message) from problem
    by_module.require(validate(configuration, environment, present))
    kept = f"Kept as {campaign.requested_by} chose: {listed(found.kept)}." if found.kept else ""
    concluded = _concluded(iteration, configuration)
    return replace(
        concluded,
        reasoning="\n".join(filter(None, [answer.reasoning, kept, concluded.reasoning])),
        result=concluded.result | {"module": answer.model_dump(exclude_unset=True), "kept": found.kept},
    )


def _widely_known(campaign: Campaign, known: Known) -> Known:
    """With the setpoints of all variables, as far as they can be read: a module may choose others."""
    every = dict.fromkeys(campaign.environment.variables.values_list("name", flat=True))
    try:
        return replace(known, present=setpoints(campaign, Pinned(variables=every)))
    except Unavailable:
        return known


def _concluded(iteration: Iteration, configuration: Configuration) -> Conclusion:
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


def setpoints(campaign: Campaign, pinned: Pinned | None = None) -> dict[str, float]:
    """Present setpoints of the chosen variables, from the control system; `pinned` are other choices than its own.

    Raises:
        Unavailable: one does not answer, or reads no number.
    """
    chosen = chosen_variables(pinned or Pinned.model_validate(campaign.pinned), campaign.environment)
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
