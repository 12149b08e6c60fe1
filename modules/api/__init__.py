"""Modules, runs, projects and skills over the API."""

from modules.api.modules import router as modules_router
from modules.api.projects import registries_router
from modules.api.projects import router as projects_router
from modules.api.runs import router as runs_router
from modules.api.skills import router as skills_router

__all__ = ["modules_router", "projects_router", "registries_router", "runs_router", "skills_router"]
