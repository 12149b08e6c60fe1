"""One run of a module, from its input to its answer."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from modules.runner import Pool, Spec
from tests.modules.real import World

Make = Callable[..., Spec]


def test_a_plain_value_is_the_answer(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("return 2 * float(given)"), "172.5", world)
    assert (result.state, result.output, result.text) == ("succeeded", 345.0, "345.0")
    assert result.peak_memory_mb > 1
    assert 0 < result.seconds < 60


def test_values_of_every_kind_come_back_as_json_can_carry_them(module: Make, pool: Pool, world: World) -> None:
    body = """
from pydantic import BaseModel
import enum
class Kind(enum.Enum):
    GOOD = 1
class Beam(BaseModel):
    size: float = 1.5
@m.step
def begin(given):
    more = {"nan": float("nan"), 5: None, "kind": Kind.GOOD, "given": given}
    return {"beam": Beam(), "set": {1}, "tuple": (1, 2), **more}
"""
    result = pool.run(module(body), {"deep": [1, {"x": None}]}, world)
    assert result.output == {
        "beam": {"size": 1.5}, "set": [1], "tuple": [1, 2], "nan": "nan", "5": None, "kind": "Kind.GOOD",
        "given": {"deep": [1, {"x": None}]},
    }  # fmt: skip


def test_prints_of_python_and_of_programs_are_events_and_never_results(module: Make, pool: Pool, world: World) -> None:
    body = """
import os, subprocess, sys
print("one"); print("zwei ü", file=sys.stderr)
os.write(1, b"raw\\n")
subprocess.run(["echo", "from a program"], check=True)
sys.stdout.write("no newline")
return "answer"
"""
    assert pool.run(module(body), None, world).output == "answer"
    for text in ("one", "zwei ü", "raw", "from a program", "no newline"):
        assert text in world.printed


def test_steps_are_told_in_the_order_and_form_of_the_trace(module: Make, pool: Pool, world: World) -> None:
    body = """
class Note:
    pass
@m.step
def begin(given):
    return StepResult(action="step_call", content="on", module_name="second", module_input={"note": Note(), "x": given})
@m.step
def second(given):
    assert isinstance(given["note"], Note)
    return StepResult(action="response", content=given["x"] + 1)
"""
    assert pool.run(module(body), 1, world).output == 2
    assert [(kind, data["step_name"]) for kind, data in world.events] == [
        ("step", "module_call"), ("step", "begin"), ("step_result", "begin_result"), ("step", "second"),
        ("step_result", "second_result"),
    ]  # fmt: skip
    assert world.events[0][1] == {"step_name": "module_call", "input": "1", "module": "tests/small"}
    assert world.events[2][1]["action"] == "step_call"
    assert world.events[4][1]["output"] == "2"


def test_an_exception_is_a_failure_with_the_modules_own_frames(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("return 1 / given"), 0, world)
    assert (result.state, result.cause) == ("failed", "exception")
    assert result.error == "ZeroDivisionError: division by zero"
    assert "main.py" in result.traceback
    assert "xoptweb_child" not in result.traceback
    assert world.of_kind("error")[0]["traceback"] == result.traceback


def test_a_module_goes_on_after_an_exception(module: Make, pool: Pool, world: World) -> None:
    spec = module("return 1 / given")
    pool.run(spec, 0, world)
    assert pool.run(spec, 2, world).output == 0.5
    assert pool.warm == 1


def test_a_module_has_no_secrets_and_a_directory_of_its_own(module: Make, pool: Pool, world: World) -> None:
    body = """
import os, pathlib
pathlib.Path("written.txt").write_text("x")
fds = len(os.listdir("/proc/self/fd"))
return {"env": sorted(os.environ), "cwd": os.getcwd(), "home": os.environ["HOME"], "fds": fds}
"""
    output = pool.run(module(body), None, world).output
    assert set(output["env"]) <= {"PATH", "HOME", "TMPDIR", "LANG", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "PWD"}
    assert output["cwd"] == output["home"]
    assert output["fds"] <= 7
    pool.close()
    assert not Path(output["cwd"]).exists()


def test_the_trace_instance_is_set_while_a_step_runs(module: Make, pool: Pool, world: World) -> None:
    body = """
_current_trace_instance = None
def begin(given):
    instance = _current_trace_instance
    instance.log_trace_event("note", {"from": "the step"})
    return type(instance).__name__
begin = m.step(begin)
"""
    assert pool.run(module(body), None, world).output == "ModuleInstance"
    assert world.of_kind("note") == [{"from": "the step"}]


def test_a_file_named_as_a_standard_module_can_be_the_code(module: Make, pool: Pool, world: World) -> None:
    spec = module("import json as j\nreturn j.dumps([1])")
    (spec.source / "main.py").rename(spec.source / "json.py")
    assert pool.run(replace(spec, code_file="json.py"), None, world).output == "[1]"


def test_further_files_of_the_module_can_be_imported(module: Make, pool: Pool, world: World) -> None:
    spec = module("import parts\nreturn parts.NUMBER")
    (spec.source / "parts.py").write_text("NUMBER = 42\n")
    assert pool.run(spec, None, world).output == 42
