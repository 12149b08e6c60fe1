"""Tunables and configurables, as a module's code sees them."""

from collections.abc import Callable
from dataclasses import replace

from modules.runner import Pool, Spec
from tests.modules.real import World

Make = Callable[..., Spec]
MARKED = "import uuid\nmark = uuid.uuid4().hex\n"


def test_a_tunable_is_read_anew_in_each_run_of_a_warm_process(module: Make, pool: Pool, world: World) -> None:
    body = MARKED + "gain = client.tunable('gain')\n@m.step\ndef begin(given):\n    return [gain(), mark]"
    spec = module(body, tunables={"gain": 1})
    first = pool.run(spec, None, world).output
    second = pool.run(replace(spec, tunables={"gain": 2}), None, world).output
    assert (first[0], second[0]) == (1, 2)
    assert first[1] == second[1]


def test_a_tunable_that_is_read_at_import_gets_a_process_of_its_own(module: Make, pool: Pool, world: World) -> None:
    body = MARKED + "GAIN = client.tunable('gain')()\n@m.step\ndef begin(given):\n    return [GAIN, mark]"
    spec = module(body, tunables={"gain": 1, "other": 1})
    outputs = [
        pool.run(replace(spec, tunables=tunables), None, world).output
        for tunables in ({"gain": 1, "other": 1}, {"gain": 2, "other": 1}, {"gain": 1, "other": 5})
    ]
    assert [output[0] for output in outputs] == [1, 2, 1]
    assert outputs[0][1] == outputs[2][1] != outputs[1][1]


def test_configurables_are_values_and_are_there_at_import(module: Make, pool: Pool, world: World) -> None:
    body = "TOOLS = client.configurable('tools', 'x')\n@m.step\ndef begin(given):\n    return TOOLS"
    spec = module(body, configurables={"tools": ["a"]})
    assert pool.run(spec, None, world).output == ["a"]
    assert pool.run(replace(spec, configurables={"tools": ["b"]}), None, world).output == ["b"]


def test_unknown_names_have_the_defaults_of_the_contract(module: Make, pool: Pool, world: World) -> None:
    body = "return [client.tunable('speed')(), client.configurable('speed'), client.config]"
    assert pool.run(module(body), None, world).output == [
        "Default speed", [], {"tests/small@1.0.0": {"tunables": {}, "configurables": {}}}
    ]  # fmt: skip


def test_a_description_tells_every_value_that_is_declared_or_given(module: Make, pool: Pool, world: World) -> None:
    body = "prompt = client.tunable('prompt', 'What to say')\nprompt()\n@m.step\ndef begin(given):\n    pass"
    told = pool.describe(module(body, tunables={"prompt": "hi", "spare": 1}), world)
    assert told["tunables"] == [
        {"name": "prompt", "description": "What to say", "default": "hi", "declared": True},
        {"name": "spare", "description": "", "default": 1, "declared": False},
    ]
    assert told["read_at_import"] == ["prompt"]
    assert (told["steps"], told["start_step"], told["long_description"]) == (["begin"], "begin", "")
