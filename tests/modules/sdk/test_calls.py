"""Following a step's result, and calls out of a module."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from modules.runner import Limits, Pool, Spec
from tests.modules.real import World

Make = Callable[..., Spec]
CALLS = """
@m.step
def begin(given):
    return StepResult(action="module_call", content="", module_name=given["name"], module_input=given["input"])
@m.step
def react_step(given):
    return [given["context"], given["previous_action_result"]]
"""
CALCULATOR = {"name": "lab/calculator", "steps": ["go"], "start_step": "go", "long_description": "Counts."}
KNOWN = {"lab/calculator": CALCULATOR, "lab/calculator:1.0.0": CALCULATOR}


def test_another_module_answers_with_text(module: Make, pool: Pool, world: World) -> None:
    world.modules["lab/calculator"] = lambda given: str(float(given) * 2)
    given = {"name": "lab/calculator", "input": {"input": "172.5"}}
    assert pool.run(module(CALLS), given, world).output == "345.0"
    assert world.asked == [("module", ("lab/calculator", "172.5", {}, {}))]


def test_without_an_input_the_whole_mapping_is_given(module: Make, pool: Pool, world: World) -> None:
    world.modules["lab/calculator"] = str
    assert pool.run(module(CALLS), {"name": "lab/calculator", "input": {"a": 1}}, world).output == "{'a': 1}"


def test_with_a_context_the_chain_goes_on(module: Make, pool: Pool, world: World) -> None:
    world.modules["lab/calculator"] = lambda given: "345.0"
    given = {"name": "lab/calculator", "input": {"input": "x", "context": "so far"}}
    assert pool.run(module(CALLS), given, world).output == ["so far", "345.0"]


def test_an_unknown_module_is_told_in_words(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module(CALLS), {"name": "lab/nothing", "input": {}}, world)
    assert (result.state, result.output) == ("succeeded", "No module found to handle action 'lab/nothing'")


def test_a_model_answers_and_an_error_is_part_of_the_answer(module: Make, pool: Pool, world: World) -> None:
    world.answers = ["  forty-two \n"]
    spec = module("return xopt.call_llm(given, model='big', max_tokens=5, top_p=0.5)")
    assert pool.run(spec, "how many?", world).output == "forty-two"
    assert world.asked == [
        ("llm", {"prompt": "how many?", "model": "big", "temperature": 0.1, "max_tokens": 5, "top_p": 0.5})
    ]
    assert pool.run(spec, "again", world).output == "Error: LLM call failed: no model is configured"


def test_tools_and_progress_reach_the_host(module: Make, pool: Pool, world: World) -> None:
    world.tools["read"] = lambda channel: {channel: 1.5}
    spec = module("xopt.progress(0.5, 'half')\nreturn xopt.call_tool('read', channel='Q1')")
    assert pool.run(spec, None, world).output == {"Q1": 1.5}
    assert world.asked[0] == ("progress", (0.5, "half"))


def test_a_refused_tool_is_an_error_of_the_module(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("return xopt.call_tool('stop')"), None, world)
    assert (result.state, result.error) == ("failed", "The module may not use the tool “stop”.")


@pytest.mark.parametrize("name", ["lab/calculator", "lab/calculator:1.0.0", "lab/calculator@1.0.0"])
def test_details_knows_every_module_that_may_be_called(module: Make, pool: Pool, world: World, name: str) -> None:
    spec = module("return [xopt.details(given), xopt.details('lab/other')]", callable_modules=KNOWN)
    assert pool.run(spec, name, world).output == [CALCULATOR, None]


def test_start_takes_effect_with_its_tunables(module: Make, pool: Pool, world: World) -> None:
    body = """
gain = client.tunable("gain")
@m.step
def begin(given):
    if given == "inner":
        return gain()
    inner = xopt.start(module="tests/small@1.0.0", tunables={"gain": 9})
    return [gain(), inner.call("inner"), gain()]
"""
    assert pool.run(module(body, tunables={"gain": 1}), None, world).output == [1, 9, 1]


def test_start_of_another_module_goes_to_its_own_environment(module: Make, pool: Pool, world: World) -> None:
    world.modules["lab/calculator"] = lambda given: "3.0"
    body = "return xopt.start(module='lab/calculator', tunables={'digits': 3}, configurables={}).call('1+2').content"
    assert pool.run(module(body, callable_modules=KNOWN), None, world).output == "3.0"
    assert world.asked == [("module", ("lab/calculator", "1+2", {"digits": 3}, {}))]


def test_an_endless_chain_is_an_error(module: Make, pool: Pool, world: World) -> None:
    body = "return StepResult(action='step_call', content='', module_name='begin', module_input={})"
    spec = module(body, limits=Limits(transitions=7))
    result = pool.run(spec, None, world)
    assert result.error == "tests/small goes from step to step without an answer: stopped after 7."
    assert len(world.of_kind("step")) == 1 + 1 + 7


def test_exactly_as_many_transitions_as_allowed_succeed(module: Make, pool: Pool, world: World) -> None:
    body = """
n = given["n"] if isinstance(given, dict) else 0
return n if n == 7 else StepResult(action="step_call", content="", module_name="begin", module_input={"n": n + 1})
"""
    spec = module(body, limits=Limits(transitions=7))
    assert pool.run(spec, None, world).output == 7
    assert pool.run(replace(spec, limits=Limits(transitions=6)), None, world).state == "failed"


@pytest.mark.parametrize(
    ("result", "message"),
    [
        (
            "StepResult(action='step_call', content='', module_name='gone')",
            "Step 'gone' not found in module tests/small",
        ),
        ("StepResult(action='error', content='it went wrong')", "it went wrong"),
        ("StepResult(action='dance', content='')", "asks for 'dance', which nobody understands"),
    ],
)
def test_results_that_cannot_be_followed_are_errors(
    module: Make, pool: Pool, world: World, result: str, message: str
) -> None:
    done = pool.run(module(f"return {result}"), None, world)
    assert done.state == "failed"
    assert message in done.error


def test_threads_of_a_module_may_ask_at_the_same_time(module: Make, pool: Pool, world: World) -> None:
    world.tools["double"] = lambda number: number * 2
    body = """
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(8) as threads:
    return list(threads.map(lambda n: xopt.call_tool("double", number=n), range(50)))
"""
    assert pool.run(module(body), None, world).output == [2 * n for n in range(50)]
