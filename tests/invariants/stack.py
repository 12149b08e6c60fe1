"""The product's own processes on the tests' database and broker, for a machine on a demo IOC of its own."""

import os
import subprocess
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from django.utils import timezone

from controls import facility, holders
from controls.demo.process import DemoIoc
from controls.leases.end import release
from controls.models import ChannelLock, Heartbeat, Lease, Machine
from controls.services.stopping import stop_machine
from optimizer import facility as environments
from optimizer.models import Campaign
from tests import processes
from tests.processes import wait_until
from xoptweb.actors import system
from xoptweb.config import BASE_DIR, config
from xoptweb.supervisor import programs
from xoptweb.supervisor.machines import epics

FACILITY = BASE_DIR / "examples" / "demo" / "facility.yaml"
FAST = {
    "XOPTWEB_LEASE_DURATION_S": "2.5",
    "XOPTWEB_LEASE_MARGIN_S": "0.4",
    "XOPTWEB_LEASE_QUIET_S": "0.5",
    "XOPTWEB_PAUSE_RELEASE_S": "1.5",
    "XOPTWEB_PUT_TIMEOUT_S": "2.5",
    "XOPTWEB_RESTORE_HANDOVER_S": "2",
    "XOPTWEB_WORK_REQUEUE_S": "1",
    "XOPTWEB_LOG_LEVEL": "INFO",
}


@dataclass
class Stack:
    """Starts and ends the processes that the supervisor would run, except the web server."""

    ioc: DemoIoc
    failpoints: Path
    directory: Path
    machine: Machine = field(init=False)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _programs: dict[str, programs.Program] = field(default_factory=dict)

    def load(self) -> Machine:
        document = facility.read(FACILITY, prefix=self.ioc.prefix)
        by = system("tests")
        self.machine = facility.load(document, address_list="127.0.0.1", server_port=self.ioc.port, by=by)
        environments.load(document, self.machine, by=by)
        Machine.objects.filter(pk=self.machine.pk).update(armed=True, active_at=timezone.now())
        return self.machine

    def start(self) -> None:
        slug = self.machine.slug
        wanted = {"worker-default", "beat", f"monitor-{slug}", f"watchdog-{slug}", f"worker-control-{slug}"}
        house = programs.house(config(), port=0, demo_port=None)
        for program in house + programs.machine(config(), slug, epics(self.machine)):
            if program.name in wanted:
                self.run(program)
        wait_until(self.beats, 30, what="the heartbeats of monitor and watchdog")

    def restart(self, name: str, **settings: str) -> None:
        """End one of the processes in good order and start it again, with these settings besides."""
        processes.end(self.processes[name], grace_s=4)
        self.run(self._programs[name], **settings)

    def run(self, program: programs.Program, **settings: str) -> None:
        self._programs[program.name] = program
        environment = {
            **os.environ, **programs.environment(config()), **FAST, **program.environment,
            "XOPTWEB_FAILPOINTS": str(self.failpoints), **settings,
        }  # fmt: skip
        with (self.directory / f"{program.name}.log").open("ab") as log:
            self.processes[program.name] = processes.start(
                program.command, env=environment, stdout=log, stderr=log, cwd=self.directory
            )

    def beats(self) -> bool:
        fresh = timezone.now() - timedelta(seconds=3)
        return Heartbeat.objects.filter(machine=self.machine, at__gt=fresh).count() == len(Heartbeat.Role.choices)

    def clear(self) -> None:
        """End what a failed test left, so that the next one finds a free, armed machine."""
        Machine.objects.filter(pk=self.machine.pk).update(armed=True)
        if not Campaign.objects.filter(state__in=Campaign.ACTIVE).exists() and not ChannelLock.objects.exists():
            return
        stop_machine(self.machine, by=system("tests"), reason="the test is over")
        wait_until(self._at_rest, 40, what="the end of what the last test left")

    def _at_rest(self) -> bool:
        for lease in Lease.objects.filter(state=Lease.State.WAITING).select_related("machine"):
            if release(lease):
                holders.tell(lease, lambda holder, lease=lease: holder.released(lease))  # type: ignore[misc]
        return not Campaign.objects.filter(state__in=Campaign.ACTIVE).exists() and not ChannelLock.objects.exists()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            processes.end(process, grace_s=4)

    def logs(self) -> str:
        """The last of what every process wrote, for a failed test."""
        texts = [(path.name, path.read_text(errors="replace")[-3000:]) for path in self.directory.glob("*.log")]
        return "\n".join(f"--- {name}\n{text}" for name, text in texts)
