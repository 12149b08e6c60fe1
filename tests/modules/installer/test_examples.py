"""The modules in `examples/modules`, installed and run."""

from pathlib import Path

import pytest

from modules.installer import Installed
from modules.runner import Pool
from tests.modules.real import EXAMPLES, World, install, spec_of


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("examples") / "root"


@pytest.fixture(scope="module")
def calculator(root: Path) -> Installed:
    return install(EXAMPLES / "calculator", root)


@pytest.fixture(scope="module")
def reasoner(root: Path) -> Installed:
    return install(EXAMPLES / "reasoner", root)


@pytest.mark.parametrize(
    ("given", "output"),
    [
        ("15 * 23", 345.0), ({"input": "2 ** 0.5"}, 1.41421356237), ("sqrt(2 * pi)", 2.50662827463),
        ("-(3 // 2) % 5", 4.0),
        ("pow(2, 10)", 1024.0), ("floor(2.7) + ceil(2.1)", 5.0), ("1e3", 1000.0),
    ],
)  # fmt: skip
def test_the_calculator_calculates(
    calculator: Installed, pool: Pool, world: World, given: object, output: float
) -> None:
    assert pool.run(spec_of(calculator), given, world).output == output


@pytest.mark.parametrize(
    "given",
    [
        "__import__('os').system('true')", "(1).__class__", "[1][0]", "'a' * 10 ** 9", "9 ** 9 ** 9", "open('x')", "",
        "1 +",
        "lambda: 1", "True", "1j", "1" * 2000, "abs(x=1)", "1 / 0", "-" * 300 + "1",
    ],
)  # fmt: skip
def test_the_calculator_runs_nothing_but_arithmetic(
    calculator: Installed, pool: Pool, world: World, given: str
) -> None:
    assert pool.run(spec_of(calculator), given, world).state == "failed"


def test_the_reasoner_asks_the_calculator_and_answers(reasoner: Installed, calculator: Installed, pool: Pool) -> None:
    world = World([
        "Thought: multiply\nAction: examples/calculator\nAction Input: 15 * 23",
        "Thought: it is known\nFinal Answer: 345",
    ])  # fmt: skip
    world.modules["examples/calculator"] = lambda given: pool.run(spec_of(calculator), given, World()).text
    known = {"examples/calculator": {"name": "examples/calculator", "long_description": "Evaluates."}}
    result = pool.run(spec_of(reasoner, callable_modules=known), "What is 15 * 23?", world)
    assert result.output == "345"
    first, called, second = world.asked
    assert "examples/calculator: Evaluates." in first[1]["prompt"]
    assert called == ("module", ("examples/calculator", "15 * 23", {}, {}))
    assert second[1]["prompt"].endswith("Action Input: 15 * 23\nObservation: 345.0")


def test_the_careful_reasoner_is_the_reasoner_with_a_prompt_of_its_own(
    root: Path, reasoner: Installed, pool: Pool
) -> None:
    careful = install(EXAMPLES / "careful-reasoner", root)
    assert careful.engine == reasoner.path
    world = World(["Final Answer: 7 mm"])
    assert pool.run(spec_of(careful), "How large?", world).output == "7 mm"
    assert world.asked[0][1]["prompt"].startswith("You check every number")
    assert world.asked[0][1]["temperature"] == 0.0


def test_the_reasoner_without_a_model_says_why(reasoner: Installed, pool: Pool, world: World) -> None:
    output = pool.run(spec_of(reasoner), "How large?", world).output
    assert output == "Error: LLM call failed: no model is configured"


def test_the_statistics_module_brings_numpy(root: Path, pool: Pool, world: World) -> None:
    spec = spec_of(install(EXAMPLES / "statistics", root))
    output = pool.run(spec, "[1, 2, 3, 4, 5, 1000]", world).output
    assert (output["count"], output["outliers"]) == (6, 1)
    assert output["mean"] == pytest.approx(3.0)
    assert output["slope"] == pytest.approx(1.0)
    assert pool.run(spec, "nan, 1", world).state == "failed"


def test_the_machine_report_reads_channels_with_a_tool(root: Path, pool: Pool, world: World) -> None:
    installed = install(EXAMPLES / "machine-report", root)
    readings = {
        "Q1": {"value": 1.02, "connected": True}, "Q2": {"value": 2.0, "connected": True}, "Q3": {"connected": False},
    }  # fmt: skip
    world.tools["read_channels"] = lambda machine, channels: {name: readings[name] for name in channels}
    spec = spec_of(installed, configurables={**installed.manifest.configurables, "expected": {"Q1": 1.0, "Q2": 1.0}})
    result = pool.run(spec, "Q1, Q2, Q3", world)
    assert [row["judgement"] for row in result.output["channels"]] == ["as expected", "expected 1", "does not answer"]
    assert ("tool", ("read_channels", {"machine": "demo-linac", "channels": ["Q1", "Q2", "Q3"]})) in world.asked
