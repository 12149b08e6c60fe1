"""supervisord as we run it: opens in order, stops everything together, and says what died."""

import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from signal import SIGHUP, SIGTERM
from typing import Any

from supervisor import events
from supervisor.medusa import asyncore_25 as asyncore
from supervisor.options import ServerOptions
from supervisor.poller import Poller
from supervisor.states import ProcessStates, SupervisorStates
from supervisor.supervisord import Supervisor

from xoptweb.supervisor.opening import Opening
from xoptweb.supervisor.places import Places
from xoptweb.supervisor.programs import grace_s, is_last, xoptweb

TICK_S = 0.2
BUSY_TICK_S = 0.03


class PromptPoller(Poller):
    """Waits less than supervisord does, which notices signals and deadlines only once a second."""

    tick_s = BUSY_TICK_S

    def poll(self, timeout: float) -> Any:
        return super().poll(min(timeout, self.tick_s))


class Options(ServerOptions):
    def __init__(self) -> None:
        super().__init__()
        self.poller = PromptPoller(self)

    def get_signal(self) -> int | None:
        """A closed terminal stops the house as Ctrl-C does; supervisord would start it anew."""
        received: int | None = super().get_signal()
        return SIGTERM if received == SIGHUP else received


class House(Supervisor):
    """The supervisor and its processes."""

    def __init__(self, options: ServerOptions, log_directory: Path, say: Callable[[str], None]) -> None:
        super().__init__(options)
        self.log_directory, self.say = log_directory, say
        self.opening: Opening | None = None
        self.reported: set[str] = set()

    # opening

    def runforever(self) -> None:
        events.subscribe(events.ProcessStateExitedEvent, self.tell_of_a_death)
        events.subscribe(events.ProcessStateBackoffEvent, self.tell_of_a_false_start)
        super().runforever()

    def tick(self, now: float | None = None) -> None:
        super().tick(now)
        if self.opening is not None and self.options.mood == SupervisorStates.RUNNING:
            self.opening.step()
            if self.opening.done:
                self.options.poller.tick_s = TICK_S
                self.opening = None
                look_for_new_machines(self.log_directory)

    def processes(self) -> list[Any]:
        return [process for group in self.process_groups.values() for process in group.processes.values()]

    def start(self, names: Iterable[str]) -> None:
        wanted = set(names)
        for process in self.processes():
            if process.config.name in wanted and process.get_state() == ProcessStates.STOPPED:
                process.spawn()

    def waiting(self) -> list[str]:
        return [p.config.name for p in self.processes() if p.get_state() == ProcessStates.STOPPED]

    def not_running(self) -> list[str]:
        return [p.config.name for p in self.processes() if p.get_state() != ProcessStates.RUNNING]

    # deaths

    def tell_of_a_death(self, event: Any) -> None:
        if self.options.mood == SupervisorStates.RUNNING:
            pid = dict(event.extra_values)["pid"]
            self.say(f"{event.process.config.name} died (process {pid}); it is started again.")

    def tell_of_a_false_start(self, event: Any) -> None:
        name = event.process.config.name
        if name not in self.reported and self.options.mood == SupervisorStates.RUNNING:
            self.reported.add(name)
            self.say(f"{name} does not start; {event.process.config.stdout_logfile} says why. Still trying.")

    # stopping

    def ordered_stop_groups_phase_1(self) -> None:
        """All at once, except those that the others need until their end. Files know whole seconds only."""
        self.options.poller.tick_s = BUSY_TICK_S
        for process in self.processes():
            process.config.stopwaitsecs = grace_s(process.config.name)
        unstopped = [group for group in self.process_groups.values() if group.get_unstopped_processes()]
        outer = [group for group in unstopped if not is_last(group.config.name)]
        for group in outer or unstopped:
            group.stop_all()

    def ordered_stop_groups_phase_2(self) -> None:
        """Phase 1 looks anew each time; there is no queue to shorten."""


def look_for_new_machines(log_directory: Path) -> None:
    """Machines may have been added or changed in the database while nothing ran. supervisord reaps the process."""
    with (log_directory / "reload.log").open("wb") as log:
        subprocess.Popen(xoptweb("reload"), stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)


def run(places: Places, open_with: Callable[[House], Opening], say: Callable[[str], None]) -> None:
    """Run the house in the foreground until a signal ends it."""
    options = Options()
    options.realize(["-n", "-s", "-c", str(places.configuration)])
    options.first, options.test = True, False
    house = House(options, places.logs, say)
    house.opening = open_with(house)
    try:
        house.main()
    except asyncore.ExitNow:
        pass
    finally:
        options.close_httpservers()
        options.close_logger()
