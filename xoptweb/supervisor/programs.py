"""The processes of the house: what each one executes and how it is stopped."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from xoptweb.config import BASE_DIR, Config
from xoptweb.supervisor import broker

PYTHON = sys.executable
CELERY = (PYTHON, "-m", "celery", "-A", "xoptweb.celery")
GUARDIAN, BROKER, WEB, DEMO_IOC = "guardian", "broker", "web", "demo-ioc"
WATCHDOG, CONTROL = "watchdog-", "worker-control-"
FIRST = (GUARDIAN, BROKER, WEB)
"""Started at once; the rest waits until pages are served, so that the first page is not kept waiting by it."""

GRACE_S, CONTROL_GRACE_S, LAST_GRACE_S = 2.0, 2.5, 0.7
"""Time the processes have to end when they are asked to, first most of them, then the last. Together with the rest of
stopping, on a busy host, that has to be less than 5 s.

A control worker uses its time to bring the machine back; what it can't finish the watchdog does at the next start.
"""


@dataclass(frozen=True)
class Program:
    """One supervised process. `group_signal`: ask all its children too; a Celery worker asks its own itself."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    group_signal: bool = True

    @property
    def first(self) -> bool:
        return self.name in FIRST


def grace_s(name: str) -> float:
    if is_last(name):
        return LAST_GRACE_S
    return CONTROL_GRACE_S if name.startswith(CONTROL) else GRACE_S


def is_last(name: str) -> bool:
    """Whether a process is stopped after all others, because these need it until their end."""
    return name in (GUARDIAN, BROKER, DEMO_IOC) or name.startswith(WATCHDOG)


def xoptweb(*words: str) -> tuple[str, ...]:
    return (PYTHON, "-m", "xoptweb", *words)


def worker(name: str, queue: str, children: int, *words: str) -> tuple[str, ...]:
    """A Celery worker with child processes that takes nothing it can't start at once and talks to no other worker."""
    quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
    return (*CELERY, "worker", "-Q", queue, "-n", f"{name}@%h", "-c", str(children), *quiet, *words)


def one_process(name: str, threads: int) -> tuple[str, ...]:
    """A worker of short work, or of work that mostly waits: threads do, and cost the memory of no child."""
    return worker(name, name, threads, "--pool", "threads")


def house(config: Config, *, port: int, demo_port: int | None) -> list[Program]:
    """The processes that run once. `port` is where pages are served, `demo_port` the demo IOC's, if it runs here."""
    children = config.module_children
    programs = [Program(GUARDIAN, (PYTHON, "-m", "xoptweb.supervisor.guardian"))]
    if not config.broker_url:
        programs.append(Program(BROKER, tuple(broker.command(broker.prepare(config)))))
    programs += [
        Program(WEB, web(config.host, port), role("web")),
        Program("worker-default", one_process("default", 1), role("worker"), group_signal=False),
        Program("worker-modules", worker("modules", "modules", children), role("worker"), group_signal=False),
        Program("worker-agents", one_process("agents", config.agent_children), role("worker"), group_signal=False),
        Program("beat", (*CELERY, "beat", "--loglevel", "INFO"), role("beat")),
    ]
    if demo_port is not None:
        programs.append(Program(DEMO_IOC, (PYTHON, "-m", "controls.demo", "--port", str(demo_port))))
    return programs


def web(host: str, port: int) -> tuple[str, ...]:
    quiet = ("-v", "0", "--no-server-name")
    return (PYTHON, "-m", "daphne", *quiet, "-b", host, "-p", str(port), "xoptweb.asgi:application")


def machine(config: Config, slug: str, epics: Mapping[str, str]) -> list[Program]:
    """The processes of one machine. `epics` are the `EPICS_*` variables by which they find it."""
    control = worker(f"control-{slug}", f"control.{slug}", config.control_children, "--max-tasks-per-child=1")
    own = {**epics, "XOPTWEB_MACHINE": slug}
    return [
        Program(f"monitor-{slug}", xoptweb("monitor", slug), own | role("monitor")),
        Program(f"{WATCHDOG}{slug}", xoptweb("watchdog", slug), own | role("watchdog")),
        Program(f"{CONTROL}{slug}", control, own | role("control"), group_signal=False),
    ]


def role(name: str) -> dict[str, str]:
    """By this a process knows what it need not load; see `xoptweb.settings`."""
    return {"XOPTWEB_ROLE": name}


def threads() -> dict[str, str]:
    """One thread for each numeric library and few heaps: two cores are shared by all processes."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    return {**dict.fromkeys(names, "1"), "MALLOC_ARENA_MAX": "2"}


def environment(config: Config) -> dict[str, str]:
    """What every process of the house finds in its environment beside the caller's own."""
    return {
        **threads(),
        "XOPTWEB_HOME": str(config.home.resolve()),
        "DJANGO_SETTINGS_MODULE": "xoptweb.settings",
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(BASE_DIR),
    }
