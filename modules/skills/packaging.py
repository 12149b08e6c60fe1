"""A skill as a module's package: its text as it is, and a few lines that call it."""

import tempfile
from pathlib import Path

import yaml

from modules import package
from modules.models.skill import NAMESPACE
from modules.skills.written import Written

CODE = "skill_source.py"
MAIN = "main.py"
STEP = "call"
CALLS = '''"""Calls the function of a skill with arguments that suit its types, and holds its result to its type."""

import skill_source
import xoptweb_sdk as xopt
from pydantic import validate_call

module = xopt.Module("{module}", "{version}", {description!r}, {documentation!r})
function = validate_call(validate_return=True)(skill_source.{name})


def call(arguments):
    return function(**arguments)


module.register("{step}", call, dict, object)
module.set_start_step("{step}")
xopt.register(lambda: module)
'''


def write(written: Written, number: int, out: Path) -> Path:
    """Package it as version `number` of its module into the directory `out`; the same text gives the same bytes.

    Raises:
        PackageError: no package can be made of it.
    """
    with tempfile.TemporaryDirectory(prefix="xoptweb-skill-") as temporary:
        directory = Path(temporary)
        for name, text in files(written, number).items():
            (directory / name).write_text(text, encoding="utf-8")
        return package.write(directory, out)


def files(written: Written, number: int) -> dict[str, str]:
    """What the package holds."""
    name = f"{NAMESPACE}/{written.name}"
    stated = {"name": name, "version": str(number), "description": written.description, "engine": f"./{MAIN}"}
    calls = CALLS.format(
        module=name,
        version=number,
        description=written.description,
        documentation="Give it the arguments of the function as an object.",
        name=written.name,
        step=STEP,
    )
    return {
        "xopt.yaml": yaml.safe_dump(stated, sort_keys=True, allow_unicode=True),
        "requirements.txt": "".join(f"{each}\n" for each in written.dependencies),
        CODE: written.source,
        MAIN: calls,
    }
