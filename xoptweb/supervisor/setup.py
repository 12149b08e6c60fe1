"""Makes database and configuration ready: migrations, the demo facility, first accounts, the machines' processes."""

from django.core.management import call_command

from controls import facility
from controls.models import Machine
from optimizer import facility as environments
from xoptweb.actors import system
from xoptweb.config import BASE_DIR, Config
from xoptweb.supervisor import machines, prepared
from xoptweb.supervisor.first_start import first_accounts, told
from xoptweb.supervisor.places import Places
from xoptweb.transactions import transaction

DEMO = BASE_DIR / "examples" / "demo" / "facility.yaml"
LOOPBACK = "127.0.0.1"


def prepare(config: Config, places: Places, *, demo_port: int | None) -> str:
    """Do what is not done yet; returns what a person must be told, once."""
    call_command("migrate", interactive=False, verbosity=0)
    if demo_port is not None:
        load_demo(demo_port)
    logins = first_accounts(demo=demo_port is not None)
    machines.write(config, places, Machine.objects.all())
    prepared.write(config, places, demo_port=demo_port)
    return told(logins) if logins else ""


def load_demo(port: int) -> None:
    """Load what is not there of the demo facility, and tell its machine the port of today."""
    document = facility.read(DEMO)
    by = system("setup")
    with transaction("a machine without its environment would be half a demo"):
        machine = facility.load(document, address_list=LOOPBACK, server_port=port, by=by)
        environments.load(document, machine, by=by)
