"""Running modules: each in a process, an environment and an isolation of its own. Needs no Django."""

from modules.runner.host import Host, NoSuchModule, Refused
from modules.runner.isolation import Isolation, in_force
from modules.runner.pool import Pool
from modules.runner.results import Failed, Result
from modules.runner.spec import Grants, Limits, Spec

__all__ = [
    "Failed", "Grants", "Host", "Isolation", "Limits", "NoSuchModule", "Pool", "Refused", "Result", "Spec", "in_force",
]  # fmt: skip
