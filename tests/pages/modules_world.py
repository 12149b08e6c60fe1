"""Modules, runs and projects as rows, for tests of what pages show: nothing is built and nothing runs."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from modules import package
from modules.models import Module, ModuleVersion, Project, Run, Skill, SkillVersion, Tunable
from modules.services import declaring, projects, tunables
from modules.skills import written
from tests.modules.installed import source
from xoptweb.actors import system
from xoptweb.live.models import Event, Stream
from xoptweb.live.services import publish

BY = system("tests")
PROMPT = "You answer questions.\nThink in turns.\nBe brief.\n"
TUNABLES = {"prompt": PROMPT, "temperature": 0.2}
Told = tuple[str, dict[str, Any]]


def make_module(name: str = "demo/reasoner", version: str = "1.0.0", **changes: Any) -> Module:
    """A module with one installed version, which is the current one."""
    module, _ = Module.objects.get_or_create(name=name, defaults={"description": "Thinks in turns."})
    made = make_version(module, version, **changes)
    module.current = made
    module.save()
    declaring.declare(made)
    return module


def make_version(module: Module, version: str, **changes: Any) -> ModuleVersion:
    values: dict[str, Any] = {
        "state": ModuleVersion.State.INSTALLED,
        "digest": "9f31" + 56 * "0" + "c07a",
        "size": 12_345,
        "archive": "modules/packages/none.xopt",
        "manifest": {"tunables": TUNABLES, "configurables": {"model": "default"}, "dependencies": ["numpy>=2"]},
        "description": {"steps": ["think", "answer"], "start_step": "think", "long_description": "Give it a question."},
        "python": "3.11.9",
        "isolation": "landlock",
        "installed_at": timezone.now(),
        "installed_by": "ada",
        "uploaded_by": "peter",
        "seconds": 0.6,
    }
    return ModuleVersion.objects.create(module=module, version=version, **values | changes)


def bound_temperature(module: Module) -> Tunable:
    """A number from 0 to 2."""
    row = Tunable.objects.get(module=module, name="temperature")
    row.minimum, row.maximum = 0, 2
    row.save()
    return row


def make_run(module: Module, told: list[Told] | None = None, **changes: Any) -> Run:
    """A run that has succeeded, with these events between its states."""
    now = timezone.now()
    values: dict[str, Any] = {
        "version": module.current,
        "state": Run.State.SUCCEEDED,
        "input": {"question": "why?"},
        "output": "because",
        "effective": {"tunables": TUNABLES, "tunable_origins": dict.fromkeys(TUNABLES, "default"), "digest": 64 * "9"},
        "requester": "olga",
        "attempt": 1,
        "seconds": 3.0,
        "tokens_in": 120,
        "tokens_out": 30,
        "cost": 0.0042,
        "started_at": now - timedelta(seconds=3),
        "ended_at": now,
    }
    if changes.get("state") in (Run.State.QUEUED, Run.State.RUNNING):
        values |= {"ended_at": None, "seconds": None, "output": None}
    run = Run.objects.create(**values | changes)
    for kind, payload in [("state", {"state": "running", "attempt": 1, "t": 0.0}), *(TRACE if told is None else told)]:
        publish(run.stream, kind, payload)
    if run.ended:
        publish(run.stream, "state", {"state": str(run.state), "attempt": 1, "seconds": 3.0, "t": 3.0})
    return run


def calls(child: Run) -> list[Told]:
    """The trace of a run that called another."""
    return [
        ("step", {"step_name": "module_call", "input": "why?", "module": "demo/reasoner", "t": 0.01}),
        ("step", {"step_name": "think", "input": "why?", "module": "demo/reasoner", "t": 0.02}),
        ("module_call", {"action": "demo/helper", "target_module": "demo/helper@1.0.0", "run": child.pk, "t": 0.5}),
        ("module_result", {"action": "demo/helper_result", "run": child.pk, "output": "42", "t": 1.5}),
        ("step_result", {"step_name": "think_result", "output": "42", "seconds": 1.6, "t": 1.62}),
    ]


TRACE: list[Told] = [
    ("step", {"step_name": "module_call", "input": "why?", "module": "demo/reasoner", "t": 0.01}),
    ("step", {"step_name": "think", "input": "why?", "module": "demo/reasoner", "t": 0.02}),
    ("print", {"stream": "stdout", "text": "thinking \u202ehard", "t": 0.05}),
    ("llm_call", {"model": "small", "prompt": "Why is that so?", "prompt_length": 15, "t": 0.1}),
    (
        "llm_result",
        {
            "model": "small-1",
            "response": "Because it is.",
            "tokens_in": 120,
            "tokens_out": 30,
            "cost": 0.0042,
            "t": 1.1,
        },
    ),
    ("tool_call", {"tool": "read_channels", "arguments": {"channels": ["Q1"]}, "t": 1.2}),
    ("tool_result", {"tool": "read_channels", "error": "Q1 does not answer", "t": 1.3}),
    ("step_result", {"step_name": "think_result", "output": "because", "seconds": 1.4, "t": 1.42}),
]


def many_events(run: Run, number: int) -> None:
    """So many more events on the run's stream: steps that end, and prints."""
    last = Stream.objects.get(name=run.stream)
    Event.objects.bulk_create([_many(run, last.last, place) for place in range(1, number + 1)], batch_size=500)
    Stream.objects.filter(pk=last.pk).update(last=last.last + number)


def _many(run: Run, before: int, place: int) -> Event:
    kind = ("step", "print", "step_result", "print")[place % 4]
    payload = {"step": {"step_name": "turn"}, "step_result": {"step_name": "turn_result"}}.get(kind, {"text": "line"})
    return Event(stream=run.stream, number=before + place, kind=kind, payload=payload | {"t": 2 + place / 1000})


SKILL = '''def beam_area(width: float) -> float:
    """Area of a beam.

    Args:
        width: half axis, in mm.
    """
    return 3.0 * width
'''
CHECKS = [
    {"name": "syntax", "passed": True, "said": ["It can be read."], "rows": []},
    {
        "name": "examples",
        "passed": True,
        "said": ["1 of 1 examples give what is expected."],
        "rows": [
            {"arguments": {"width": 1}, "expected": 3, "given": 3.0, "passed": True, "error": "",
             "printed": "measuring \u202ehard", "seconds": 0.012},
        ],
    },
]  # fmt: skip


def make_skill(name: str = "beam_area", **changes: Any) -> SkillVersion:
    """A skill whose only version is the tool; nothing of it was built."""
    made = make_module(f"skills/{name}", "1", manifest={"code_file": "main.py"}, description={}).current
    assert made is not None
    skill = Skill.objects.create(name=name, module=made.module, created_by="peter")
    source = SKILL.replace("beam_area", name)
    given = written.checked(name, source, "Area of a beam", [{"arguments": {"width": 1}, "result": 3}], [], [])
    values: dict[str, Any] = {
        **{key: value for key, value in given.content.items() if key != "name"},
        "state": SkillVersion.State.PROMOTED,
        "digest": given.digest,
        "checks": CHECKS,
        "checked_at": timezone.now(),
        "package_digest": made.digest,
        "module_version": made,
        "by": "peter",
    }
    return SkillVersion.objects.create(skill=skill, number=1, **values | changes)


def make_project(*modules: Module, name: str = "Night shift") -> Project:
    """A project that depends on these modules."""
    project = projects.create(name, by=BY)
    for module in modules:
        projects.depend(project, module.name, ">=1", by=BY)
    return project


def fill() -> dict[str, int]:
    """A module that called another, both with runs, a value that was set, a project and a skill; the runs' numbers."""
    helper, module = make_module("demo/helper"), make_module()
    called = make_run(helper, [("print", {"stream": "stdout", "text": "helping " * 40, "t": 0.1})])
    run = make_run(module, calls(called) + TRACE[2:])
    Run.objects.filter(pk=called.pk).update(parent=run)
    tunables.set_value(Tunable.objects.get(module=module, name="prompt"), PROMPT + "Ask the helper. " * 9, by=BY)
    make_project(module, helper)
    make_skill()
    return {"run": run.pk, "called": called.pk}


def packaged(directory: Path, name: str = "demo/echo", version: str = "1.0.0", more: str = "") -> Path:
    """A package that could be installed."""
    archive = directory / "package.xopt"
    package.write(source(directory / "source", name=name, version=version, more=more), archive)
    return archive
