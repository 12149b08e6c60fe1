"""The strategies' templates."""

import pytest

from optimizer.configuration import Baseline
from optimizer.configuration.template import Known, build
from optimizer.models import Environment, Variable
from tests.optimizer.world import request
from xoptweb.accounts.models import User
from xoptweb.errors import Invalid

PRESENT = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}


def test_an_exploration_maps_the_ranges(demo: Environment, olga: User) -> None:
    made = build(request(olga), "exploration", Known(PRESENT), seed=1)
    assert (made.generator, made.evaluations, made.initial.current, made.initial.rows) == (
        "latin_hypercube", 20, True, [],
    )  # fmt: skip
    assert made.constraints["charge"].value == 50
    assert len(made.guards) == 4
    assert made.seconds >= 600


def test_an_optimisation_begins_with_the_best_earlier_points_inside_its_ranges(demo: Environment, olga: User) -> None:
    best = [
        PRESENT,
        {"Q1": 1.0, "Q2": 2.0, "Q3": 3.0},
        {"Q1": 25.0, "Q2": 2.0, "Q3": 3.0},
        {"Q1": 1.0, "Q2": 2.0},
        *({"Q1": float(i), "Q2": 0.0, "Q3": 0.0} for i in range(6)),
    ]
    made = build(request(olga), "optimization", Known(PRESENT, Baseline(value=1.0, samples=10), best), seed=1)
    assert made.generator == "expected_improvement"
    assert made.initial.method == "best"
    assert made.initial.rows == [{"Q1": 1.0, "Q2": 2.0, "Q3": 3.0}] + [
        {"Q1": float(i), "Q2": 0.0, "Q3": 0.0} for i in range(4)
    ]


def test_an_optimisation_without_history_draws_its_first_points_by_its_seed(demo: Environment, olga: User) -> None:
    campaign = request(olga)
    one, same, other = (build(campaign, "optimization", Known(PRESENT), seed=seed) for seed in (1, 1, 2))
    assert len(one.initial.rows) == 5
    assert one.initial.rows == same.initial.rows != other.initial.rows
    assert one.seed == 1


def test_a_simplex_needs_no_drawn_points(demo: Environment, olga: User) -> None:
    campaign = request(olga, pinned={"generator": "neldermead", "constraints": []})
    assert build(campaign, "optimization", Known(PRESENT), seed=1).initial.rows == []


def test_a_constraint_on_the_objective_itself_is_left_out(demo: Environment, olga: User) -> None:
    made = build(request(olga, sentence="more charge"), "optimization", Known(PRESENT), seed=1)
    assert (made.objective.name, made.objective.direction, made.constraints) == ("charge", "maximize", {})


def test_a_present_value_outside_its_range_is_told(demo: Environment, olga: User) -> None:
    made = build(request(olga), "exploration", Known({**PRESENT, "Q1": 28.0}), seed=1)
    assert (made.variables["Q1"].low, made.variables["Q1"].high, made.variables["Q1"].start) == (-20.0, 20.0, 28.0)
    assert "only by a restore" in made.variables["Q1"].note


def test_a_rule_that_exceeds_the_limits_is_clipped_and_told(demo: Environment, olga: User) -> None:
    Variable.objects.filter(name="Q1").update(kind="delta", low=-30, high=30)
    made = build(request(olga), "exploration", Known(PRESENT), seed=1)
    assert (made.variables["Q1"].low, made.variables["Q1"].high) == (-20.0, 30.0)
    assert "clipped" in made.variables["Q1"].note


def test_every_range_that_cannot_be_used_is_named(demo: Environment, olga: User) -> None:
    Variable.objects.filter(name__in=["Q1", "Q3"]).update(kind="fraction_current", fraction=0.1)
    with pytest.raises(Invalid) as refused:
        build(request(olga), "exploration", Known({**PRESENT, "Q1": 0.0, "Q3": float("nan")}), seed=1)
    assert refused.value.fields.keys() == {"variables.Q1", "variables.Q3"}
