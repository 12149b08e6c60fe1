"""What can be imported, under which names."""

import subprocess
import sys
from collections.abc import Callable

from modules.installer import Installed
from modules.runner import Pool, Spec
from tests.modules.real import World

Make = Callable[..., Spec]
NAMES = (
    "Module, StepResult, Context, XOptClient, client, ModuleInstance, step, module, register, start, details, call_llm"
)


def test_both_names_give_the_same_things(module: Make, pool: Pool, world: World) -> None:
    body = f"""
import xopt.models, xoptweb_sdk
from xopt import {NAMES}
from xopt.models import Module as M, StepResult as S, Context as C
from xopt.client import client as c
from xoptweb_sdk import {NAMES}
import pydantic
same = [xopt.Module is M is xoptweb_sdk.Module, xopt.StepResult is S is xoptweb_sdk.StepResult, C is Context,
        c is xopt.client, issubclass(S, pydantic.BaseModel), xopt.models.Module is M]
return same
"""
    assert pool.run(module(body), None, world).output == [True] * 6


def test_the_environment_has_the_sdk_also_without_a_host(small: Installed) -> None:
    say = "import xopt, pydantic; print(xopt.client().tunable('a')(), xopt.call_llm('hi'), xopt.details('a/b'))"
    done = subprocess.run([small.interpreter, "-c", say], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == "Default a Error: LLM call failed: no model can be reached from here None"


def test_a_module_that_needs_no_step_result_starts_without_pydantic(module: Make, pool: Pool, world: World) -> None:
    spec = module("import sys\nreturn 'pydantic' in sys.modules")
    main = spec.source / "main.py"
    main.write_text(main.read_text().replace("Module, StepResult", "Module"))
    assert pool.run(spec, None, world).output is False


def test_the_host_never_imports_the_sdk() -> None:
    say = (
        "import sys, modules.runner, modules.installer, modules.package;"
        "print([n for n in sys.modules if n.partition('.')[0] in ('xopt', 'xoptweb_sdk', 'xoptweb_child', 'django')])"
    )
    done = subprocess.run([sys.executable, "-c", say], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_module_that_is_only_marked_is_found(module: Make, pool: Pool, world: World) -> None:
    spec = module("return 1")
    main = spec.source / "main.py"
    main.write_text(
        "import xopt\n@xopt.module\ndef made():\n    m = xopt.Module('tests/small', '1.0.0', '')\n"
        "    @m.step\n    def begin(given):\n        return 'marked'\n    m.set_start_step('begin')\n    return m\n"
    )
    assert pool.run(spec, None, world).output == "marked"


def test_versions_and_names_of_a_module(module: Make, pool: Pool, world: World) -> None:
    body = "return [m.versioned_name, list(m.steps), m.start_step, sorted(xopt.registry.modules)]"
    assert pool.run(module(body), None, world).output == [
        "tests/small:1.0.0", ["begin"], "begin", ["tests/small", "tests/small:1.0.0", "tests/small@1.0.0"]
    ]  # fmt: skip
