"""What every engine keeps: bounds, replay, seeds, and no made-up numbers. The real Xopt runs here."""

import math
import os
import subprocess
import sys
from typing import Any

import pytest

from optimizer.configuration import Configuration
from optimizer.generators.base import GeneratorFailed, Row
from optimizer.generators.catalogue import generators
from optimizer.generators.registry import all_families, build
from tests.optimizer.problems import BEST, RANGES, configuration, measured
from xoptweb.errors import Invalid

pytestmark = [
    pytest.mark.filterwarnings(f"ignore:::{library}.*")
    for library in ("xopt", "botorch", "gpytorch", "linear_operator", "torch")
]
NAMES = ["expected_improvement", "latin_hypercube", "neldermead", "random", "upper_confidence_bound"]
FAST = {  # steps end a search, never a busy host
    "numerical_optimizer.max_time": 30.0, "gp_constructor.train_config.timeout": 30.0,
    "numerical_optimizer.n_restarts": 2, "numerical_optimizer.max_iter": 20,
}  # fmt: skip


def quick(name: str, **changes: Any) -> Configuration:
    """The problem with a short search, so that tests are fast."""
    known = {option.name for option in next(each for each in generators() if each.name == name).options}
    return configuration(name, options={key: value for key, value in FAST.items() if key in known}, **changes)


def run(settings: Configuration, count: int) -> list[Row]:
    """An execution's loop: the present values first, then what is asked."""
    engine = build(settings)
    rows = [measured(settings.start)]
    engine.tell(rows)
    for _ in range(count):
        rows.append(measured(engine.ask()))
        engine.tell(rows[-1:])
    return rows


def test_the_registry_and_the_catalogue_know_the_same_generators() -> None:
    assert sorted(all_families()) == NAMES == [each.name for each in generators()]


def test_an_unknown_generator_is_refused() -> None:
    with pytest.raises(Invalid, match="no generator"):
        build(configuration("guess"))


@pytest.mark.parametrize("name", NAMES)
def test_every_suggestion_is_inside_the_ranges(name: str) -> None:
    for row in run(quick(name), 8):
        for variable, (low, high, _) in RANGES.items():
            assert low <= row.inputs[variable] <= high


@pytest.mark.parametrize("name", NAMES)
def test_asking_again_before_telling_gives_the_same_point(name: str) -> None:
    engine = build(quick(name))
    engine.tell([measured(quick(name).start)])
    assert engine.ask() == engine.ask()


@pytest.mark.parametrize("name", NAMES)
def test_a_replayed_engine_asks_for_the_identical_next_point(name: str) -> None:
    settings = quick(name)
    rows = run(settings, 7)
    went_on, replayed = build(settings), build(settings)
    for row in rows:
        went_on.tell([row])
    replayed.replay(rows)
    assert replayed.ask() == pytest.approx(went_on.ask(), rel=1e-12)


@pytest.mark.parametrize("name", ["random", "latin_hypercube", "neldermead"])
def test_replaying_the_record_continues_the_sequence_bit_for_bit(name: str) -> None:
    settings = quick(name)
    rows = run(settings, 9)
    engine = build(settings)
    engine.replay(rows[:-1])
    assert engine.ask() == rows[-1].inputs


@pytest.mark.parametrize("name", ["random", "latin_hypercube"])
def test_another_seed_gives_other_points(name: str) -> None:
    assert build(quick(name)).ask() == build(quick(name)).ask()
    assert build(quick(name)).ask() != build(quick(name, seed=4)).ask()


@pytest.mark.parametrize("name", ["neldermead", "expected_improvement", "upper_confidence_bound"])
@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_learning_generators_go_in_the_direction_asked_for(name: str, direction: str) -> None:
    sign = 1.0 if direction == "minimize" else -1.0
    settings = quick(name, evaluations=30)
    objective = settings.objective.model_copy(update={"direction": direction})
    settings = settings.model_copy(update={"objective": objective})
    engine = build(settings)
    point, values = settings.start, []
    for _ in range(22):
        value = sign * measured(point).outputs["size"]
        values.append(sign * value)
        engine.tell([Row(point, {"size": value})])
        point = engine.ask()
    assert min(values) - 60.0 < 0.4 * (values[0] - 60.0)


def test_a_latin_hypercube_visits_every_stratum_once() -> None:
    settings = quick("latin_hypercube", evaluations=11)
    rows = run(settings, 10)[1:]
    for name, (low, high, _) in RANGES.items():
        strata = sorted(int(10 * (row.inputs[name] - low) / (high - low)) for row in rows)
        assert strata == list(range(10))


def test_a_simplex_spans_a_fair_part_of_the_ranges() -> None:
    rows = run(quick("neldermead"), 3)
    for name, (low, high, _) in RANGES.items():
        spread = max(r.inputs[name] for r in rows) - min(r.inputs[name] for r in rows)
        assert spread == pytest.approx(0.25 * (high - low))


def test_a_simplex_counts_the_measured_present_values_as_its_first_corner() -> None:
    settings = quick("neldermead")
    engine = build(settings)
    assert engine.ask() == settings.start
    engine.tell([measured(settings.start)])
    assert engine.ask() != settings.start


@pytest.mark.parametrize("bad", [Row({}, ok=False), Row({}, {"size": math.nan}), Row({}, {})])
def test_a_simplex_asks_again_for_a_point_without_measurement_and_then_gives_up(bad: Row) -> None:
    engine = build(quick("neldermead"))
    engine.tell([measured(quick("neldermead").start)])
    point = engine.ask()
    for attempt in (2, 3):
        engine.tell([Row(point, bad.outputs, bad.ok)])
        assert engine.ask() == point
        assert f"attempt {attempt} of 3" in engine.note
    engine.tell([Row(point, bad.outputs, bad.ok)])
    with pytest.raises(GeneratorFailed, match="3 attempts"):
        engine.ask()


def test_a_simplex_recovers_when_the_second_attempt_measures() -> None:
    settings = quick("neldermead")
    straight, interrupted = build(settings), build(settings)
    rows = run(settings, 6)
    straight.tell(rows)
    for row in rows:
        interrupted.tell([Row(row.inputs, ok=False), row])
    assert interrupted.ask() == straight.ask()


@pytest.mark.parametrize("name", ["expected_improvement", "upper_confidence_bound"])
def test_a_model_never_hears_of_failed_evaluations(name: str) -> None:
    settings = quick(name)
    rows = run(settings, 5)
    clean, dirty = build(settings), build(settings)
    clean.tell(rows)
    dirty.tell([*rows[:3], Row(rows[0].inputs, {"size": 1e-9}, ok=False), Row(rows[1].inputs, {"size": math.nan}),
                *rows[3:]])  # fmt: skip
    assert dirty.ask() == pytest.approx(clean.ask(), rel=1e-12)


@pytest.mark.parametrize("name", ["expected_improvement", "upper_confidence_bound"])
def test_too_few_measurements_give_random_points_and_say_so(name: str) -> None:
    engine = build(quick(name))
    engine.ask()
    assert "too few for a model" in engine.note
    engine.tell([measured(quick(name).start)])
    engine.tell([Row(engine.ask(), ok=False)])
    engine.ask()
    assert "1 measurement" in engine.note


def test_expected_improvement_searches_visibly_while_nothing_is_feasible() -> None:
    settings = quick("expected_improvement", constrained=True)
    rows = [measured(settings.start), measured({"Q1": -30.0, "Q2": 30.0, "CV": -6.0})]
    infeasible = [Row(row.inputs, {**row.outputs, "charge": row.outputs["charge"] - 90.0}) for row in rows]
    engine = build(settings)
    engine.tell(infeasible)
    engine.ask()
    assert "no evaluation is feasible yet" in engine.note
    engine.tell([Row(engine.ask(), ok=False), measured(BEST)])
    engine.ask()
    assert engine.note == ""


def test_an_option_that_is_not_of_the_generator_is_refused() -> None:
    with pytest.raises(Invalid, match="do not suit"):
        build(configuration("expected_improvement", options={"model": "weights.pt"}))


def test_one_torch_thread_computes() -> None:
    import torch

    torch.set_num_threads(2)
    build(quick("expected_improvement"))
    assert torch.get_num_threads() == 1


class Overshooting:
    """A generator whose arithmetic leaves the range by `excess` of its width."""

    def __init__(self, excess: float) -> None:
        self.excess = excess

    def suggest(self, _: int) -> list[dict[str, float]]:
        return [{name: high + self.excess * (high - low) for name, (low, high, _) in RANGES.items()}]


def test_rounding_beyond_the_range_is_clipped() -> None:
    engine = build(quick("latin_hypercube"))
    engine._generator = Overshooting(1e-12)  # type: ignore[attr-defined]
    assert engine.ask() == {name: high for name, (_, high, _) in RANGES.items()}


def test_a_suggestion_beyond_the_range_is_an_error() -> None:
    engine = build(quick("latin_hypercube"))
    engine._generator = Overshooting(1e-6)  # type: ignore[attr-defined]
    with pytest.raises(GeneratorFailed, match="outside"):
        engine.ask()


def test_what_is_preloaded_before_a_fork_starts_no_thread() -> None:
    code = (
        "import os, sys\nfrom optimizer.generators.registry import preload\npreload()\n"
        "print('botorch' in sys.modules, len(os.listdir('/proc/self/task')))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert done.stdout.split() == ["True", "1"]
