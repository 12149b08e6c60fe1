"""State identification: is the machine ready? Whatever cannot be known counts as unknown, never as ready."""

from dataclasses import asdict, dataclass, replace

from controls.conditions import State, Verdict, evaluate
from controls.models import Machine
from controls.monitor.values import Latest, read_now
from optimizer.models import Criterion, Iteration, Stage, StageRecord
from optimizer.stages.by_module.state import NOT_READY, READY, UNKNOWN, question
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import enqueue_stage
from xoptweb.errors import Problem

READ_S = 3.0


@dataclass(frozen=True)
class Checked:
    """One readiness criterion with what was found."""

    name: str
    channel: str
    address: str
    operator: str
    bound: float
    units: str
    value: float | int | str | None
    state: str
    reason: str

    @property
    def words(self) -> str:
        return f"{self.name}: {self.reason}" if self.reason else self.name


def conclude(iteration: Iteration, record: StageRecord) -> Conclusion:
    """Read every criterion's channel from the control system now and judge it. A module may only make it worse."""
    environment = iteration.campaign.environment
    checked = check(environment.machine, list(environment.criteria.select_related("channel")))
    state = overall([each.state for each in checked])
    rules = Conclusion(
        summary=_summary(state, checked),
        reasoning=_reasoning(state, checked, environment.machine),
        result={"state": state, "armed": environment.machine.armed, "criteria": [asdict(each) for each in checked]},
        then=lambda row: _decide(iteration),
    )
    return replace(rules, question=question(iteration, rules))


def check(machine: Machine, criteria: list[Criterion]) -> list[Checked]:
    """Each criterion with its verdict; unknown, with the reason, where nothing can be read."""
    values, trouble = _read(machine, [criterion.channel.address for criterion in criteria])
    return [_checked(criterion, values.get(criterion.channel.address), trouble) for criterion in criteria]


def _read(machine: Machine, addresses: list[str]) -> tuple[dict[str, Latest], str]:
    if not addresses:
        return {}, ""
    try:
        return read_now(machine, set(addresses), READ_S), ""
    except Problem as problem:
        return {}, problem.message


def _checked(criterion: Criterion, present: Latest | None, trouble: str) -> Checked:
    found = Verdict(State.UNKNOWN, None, trouble) if trouble else evaluate(criterion.operator, criterion.value, present)
    value = found.value if not isinstance(found.value, float) or found.value - found.value == 0 else str(found.value)
    return Checked(
        name=criterion.name,
        channel=criterion.channel.name,
        address=criterion.channel.address,
        operator=criterion.operator,
        bound=criterion.value,
        units=criterion.channel.units,
        value=value,
        state=str(found.state),
        reason=found.reason,
    )


def overall(states: list[str]) -> str:
    """Ready only if all hold; unknown outweighs not ready only where nothing is known to be violated."""
    if any(state == State.VIOLATED for state in states):
        return NOT_READY
    if any(state != State.HOLDS for state in states):
        return UNKNOWN
    return READY


def _summary(state: str, checked: list[Checked]) -> str:
    if not checked:
        return f"{state} · no criteria"
    holding = sum(each.state == State.HOLDS for each in checked)
    return f"{state} · {holding} of {len(checked)} criteria"


def _reasoning(state: str, checked: list[Checked], machine: Machine) -> str:
    failing = [each.words for each in checked if each.state != State.HOLDS]
    sentences = [f"The machine is {state}" + (f": {'; '.join(failing)}." if failing else ".")]
    if not machine.armed:
        sentences.append(f"{machine.name} is not armed: nothing can move until somebody arms it.")
    return " ".join(sentences)


def _decide(iteration: Iteration) -> None:
    enqueue_stage(iteration, Stage.DECISION)
