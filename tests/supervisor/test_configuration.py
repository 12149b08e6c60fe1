"""What supervisord is told."""

import pytest
from supervisor.options import ServerOptions

from xoptweb.config import Config
from xoptweb.errors import Invalid
from xoptweb.supervisor import configuration, programs
from xoptweb.supervisor.places import places


def read(config: Config) -> dict[str, object]:
    """Every program as supervisord reads it."""
    options = ServerOptions()
    options.realize(["-n", "-c", str(places(config).configuration)])
    return {process.name: process for group in options.process_group_configs for process in group.process_configs}


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(home=tmp_path_factory.mktemp("ho me"), broker_url="")


def test_supervisord_reads_back_every_command_word_by_word(home: Config) -> None:
    import shlex

    house = programs.house(home, port=8123, demo_port=5064)
    configuration.write(places(home), house)
    found = read(home)
    assert set(found) == {p.name for p in house} >= {"broker", "web", "worker-default", "beat", "demo-ioc", "guardian"}
    for program in house:
        assert tuple(shlex.split(found[program.name].command)) == program.command  # type: ignore[attr-defined]


def test_pages_are_started_before_the_rest(home: Config) -> None:
    configuration.write(places(home), programs.house(home, port=8123, demo_port=None))
    first = {name for name, process in read(home).items() if process.autostart}  # type: ignore[attr-defined]
    assert first == {"guardian", "broker", "web"}


def test_a_machine_gets_its_own_processes_with_its_addresses(home: Config) -> None:
    configuration.write(places(home), [])
    epics = {"EPICS_CA_ADDR_LIST": "10.0.0.1 10.0.0.2:5070"}
    written = programs.machine(home, "linac", epics)
    assert configuration.write_machine(places(home), "linac", written)
    assert not configuration.write_machine(places(home), "linac", written), "writing the same again changes nothing"
    found = read(home)
    assert set(found) == {"monitor-linac", "watchdog-linac", "worker-control-linac"}
    control = found["worker-control-linac"].environment  # type: ignore[attr-defined]
    assert control == {**epics, "XOPTWEB_MACHINE": "linac", "XOPTWEB_ROLE": "control"}


def test_no_broker_is_started_where_one_is_named(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = Config(home=tmp_path_factory.mktemp("home"), broker_url="redis://10.0.0.1:6379/0")
    assert "broker" not in {p.name for p in programs.house(config, port=8123, demo_port=None)}


def test_a_home_that_supervisord_cannot_take_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    config = Config(home=tmp_path_factory.mktemp("100%s"))
    with pytest.raises(Invalid, match="100%s"):
        configuration.write(places(config), [])


def test_what_supervisord_could_misread_is_refused() -> None:
    with pytest.raises(Invalid, match="quotes"):
        configuration.plain('10.0.0.1" ,LD_PRELOAD="/tmp/x.so')
