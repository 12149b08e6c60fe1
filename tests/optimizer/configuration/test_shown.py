"""What a person sees of a configuration: its difference, its time, its envelope."""

import pytest

from controls.models import Machine
from optimizer.configuration import Baseline, Configuration, Goal, GuardRule, Initial, Limit, Measurement
from optimizer.configuration.difference import difference, lines
from optimizer.configuration.envelope import to_envelope
from optimizer.configuration.estimate import evaluation_s, moving_s, suggestion_s, total_s
from optimizer.models import Environment
from optimizer.stages.approval import as_careful, inside
from tests.optimizer.problems import configuration
from xoptweb.errors import Invalid


def test_a_difference_marks_what_changed_and_keeps_the_rest() -> None:
    before = configuration("latin_hypercube")
    narrower = {**before.variables, "Q1": before.variables["Q1"].model_copy(update={"low": -12.0, "high": 18.0})}
    after = configuration("expected_improvement", variables=narrower, evaluations=60)
    changes = difference(before, after)
    assert ("-", "generator: latin_hypercube") in changes
    assert ("+", "generator: expected_improvement") in changes
    assert ("-", "  Q1: [-30, 30]  step ≤ 2") in changes
    assert ("+", "  Q1: [-12, 18]  step ≤ 2") in changes
    assert (" ", "variables:") in changes
    assert [line for sign, line in changes if sign != "-"] == lines(after)


def test_without_an_earlier_one_nothing_is_marked() -> None:
    assert {sign for sign, _ in difference(None, configuration())} == {" "}


def test_initial_points_and_end_are_told_in_words() -> None:
    text = lines(configuration(initial=Initial(method="best", rows=[{"Q1": 1.0, "Q2": 1.0, "CV": 0.0}])))
    assert "initial: present values, 1 best earlier" in text
    assert "end: best, if 3 more measurements confirm it; else restore" in text


def test_time_grows_with_ramps_settling_and_samples() -> None:
    quick = configuration()
    settling = {n: v.model_copy(update={"settle_s": 1.0}) for n, v in quick.variables.items()}
    assert moving_s(configuration(variables=settling)) > 10 * moving_s(quick)
    slow = quick.model_copy(update={"baseline": Baseline(value=1.0, samples=10, took_s=10.0)})
    assert evaluation_s(slow) > evaluation_s(quick) + 4
    assert suggestion_s(configuration("expected_improvement")) > suggestion_s(configuration("random")) == 0.0


def test_the_estimate_never_exceeds_what_is_allowed() -> None:
    assert total_s(configuration(evaluations=10_000, seconds=100.0)) == 100.0


def test_an_envelope_is_exactly_the_ranges(demo: Environment) -> None:
    settings = on(demo)
    envelope = to_envelope(settings, demo.machine)
    assert {name: (c.low, c.high, c.start) for name, c in envelope.channels.items()} == {
        name: (v.low, v.high, v.start) for name, v in settings.variables.items()
    }
    assert (envelope.evaluations, envelope.seconds, envelope.end) == (20, 600.0, "best")


def test_an_envelope_of_a_channel_that_is_gone_is_refused(demo: Environment) -> None:
    with pytest.raises(Invalid, match="not there"):
        to_envelope(on(demo), Machine(slug="other", pk=demo.machine.pk + 1))


@pytest.mark.parametrize(
    ("changes", "stays_inside"),
    [
        ({}, True),
        ({"evaluations": 19}, True),
        ({"evaluations": 21}, False),
        ({"seconds": 601.0}, False),
        ({"end": "leave"}, False),
    ],
)
def test_what_was_agreed_covers_only_what_lies_inside(
    changes: dict[str, object], stays_inside: bool, demo: Environment
) -> None:
    outer = to_envelope(on(demo), demo.machine)
    inner = to_envelope(on(demo).model_copy(update=changes), demo.machine)
    assert inside(inner, outer) == stays_inside


def test_a_wider_range_or_a_larger_step_is_not_inside(demo: Environment) -> None:
    outer = to_envelope(on(demo), demo.machine)
    changes: list[dict[str, object]] = [
        {"low": -30.5}, {"high": 30.5}, {"max_step": 2.5}, {"tolerance": 0.5}, {"settle_s": -1.0}, {"address": "W:X"},
    ]  # fmt: skip
    for change in changes:
        wider = outer.model_copy(update={"channels": {**outer.channels, "Q1": outer.channels["Q1"].model_copy(
            update=change)}})  # fmt: skip
        assert not inside(wider, outer)


GUARD = GuardRule(name="vacuum", address="T:VAC", channel="VAC", operator="<", value=1e-6, action="abort")


@pytest.mark.parametrize(
    ("changes", "careful"),
    [
        ({}, True),
        ({"generator": "expected_improvement", "seed": 4}, True),
        ({"guards": [GUARD, GUARD.model_copy(update={"name": "charge", "address": "T:CHARGE"})]}, True),
        ({"guards": []}, False),
        ({"guards": [GUARD.model_copy(update={"value": 1e-3})]}, False),
        ({"guards": [GUARD.model_copy(update={"action": "pause"})]}, False),
        ({"constraints": {}}, False),
        ({"constraints": {"charge": Limit(kind="greater_than", value=10.0)}}, False),
        ({"objective": Goal(name="size", direction="maximize")}, False),
        ({"observables": {"size": Measurement(address="T:OTHER", channel="OTHER")}}, False),
        ({"confirmations": 0}, False),
    ],
)
def test_people_are_asked_again_where_an_edited_environment_would_be_less_careful(
    changes: dict[str, object], careful: bool
) -> None:
    seen = configuration(guards=[GUARD], constrained=True)
    assert as_careful(seen.model_copy(update=changes), seen) == careful


def on(environment: Environment) -> Configuration:
    """The small problem on the environment's own channels."""
    settings = configuration()
    variables = {name: each.model_copy(update={"address": f"W:{name}"}) for name, each in settings.variables.items()}
    return settings.model_copy(update={"variables": variables})
