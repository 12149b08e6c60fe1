"""Modules, their versions and parameters, projects and runs."""

from modules.models.grant import Grant
from modules.models.module import Module, ModuleVersion
from modules.models.parameter import Configurable, ConfigurableValue, Parameter, ParameterValue, Tunable, TunableValue
from modules.models.project import Project, ProjectDependency, ProjectLock, ProjectSource, Registry
from modules.models.run import Run

__all__ = [
    "Configurable",
    "ConfigurableValue",
    "Grant",
    "Module",
    "ModuleVersion",
    "Parameter",
    "ParameterValue",
    "Project",
    "ProjectDependency",
    "ProjectLock",
    "ProjectSource",
    "Registry",
    "Run",
    "Tunable",
    "TunableValue",
]
