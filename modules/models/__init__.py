"""Modules, their versions and parameters, projects, runs and skills."""

from modules.models.grant import Grant
from modules.models.module import Module, ModuleVersion
from modules.models.parameter import Configurable, ConfigurableValue, Parameter, ParameterValue, Tunable, TunableValue
from modules.models.project import Project, ProjectDependency, ProjectLock, ProjectSource, Registry
from modules.models.run import Run
from modules.models.skill import Skill, SkillVersion

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
    "Skill",
    "SkillVersion",
    "Tunable",
    "TunableValue",
]
