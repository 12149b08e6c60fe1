"""Addresses of modules, skills, runs, and projects."""

from django.urls import URLPattern, path

from modules.views import grants, listing, module, parameters, projects, run, runs, skills, syncing, versions

MODULE = "modules/<str:namespace>/<str:name>/"
PROJECT = "projects/<slug:slug>/"
SKILL = "modules/skills/<str:name>/text/"


def of_family(plural: str) -> list[URLPattern]:
    """Addresses of tunables, and of configurables."""
    more = {"plural": plural}
    return [
        path(f"{MODULE}{plural}/", module.parameters, more, name=f"module-{plural}"),
        path(f"{MODULE}{plural}/value/", parameters.value, more, name=f"{plural}-value"),
        *(
            path(f"{MODULE}{plural}/value/{verb}/", parameters.change, more | {"verb": verb}, name=f"{plural}-{verb}")
            for verb in parameters.VERBS
        ),
    ]


urlpatterns = [
    path("modules/", listing.modules, name="modules"),
    path("modules/upload/", listing.upload, name="module-upload"),
    path("modules/skills/", skills.skills, name="skills"),
    path("modules/new-skill/", skills.write_new, name="skill-new"),
    path(SKILL, skills.last, name="skill"),
    path(f"{SKILL}write/", skills.write, name="skill-write"),
    path(f"{SKILL}remove/", skills.remove, name="skill-remove"),
    path(f"{SKILL}<int:number>/", skills.version, name="skill-version"),
    *(
        path(f"{SKILL}<int:number>/{verb}/", skills.change, {"verb": verb}, name=f"skill-{verb}")
        for verb in skills.VERBS
    ),
    path(MODULE, module.overview, name="module"),
    path(f"{MODULE}run/", module.run, name="module-run"),
    path(f"{MODULE}runs/", module.runs, name="module-runs"),
    path(f"{MODULE}grants/", grants.grants, name="module-grants"),
    *of_family("tunables"),
    *of_family("configurables"),
    path(f"{MODULE}versions/<str:number>/uninstall/", versions.uninstall, name="version-uninstall"),
    path(f"{MODULE}versions/<str:number>/reinstall/", versions.reinstall, name="version-reinstall"),
    path(f"{MODULE}versions/<str:number>/current/", versions.set_current, name="version-current"),
    path("runs/", runs.runs, name="runs"),
    path("runs/compare/", runs.compare, name="runs-compare"),
    path("runs/<int:run_id>/", run.run, name="run"),
    path("runs/<int:run_id>/events/<int:number>/", run.event, name="run-event"),
    path("runs/<int:run_id>/trace.json", run.trace_json, name="run-trace"),
    path("runs/<int:run_id>/cancel/", run.cancel, name="run-cancel"),
    path("runs/<int:run_id>/again/", run.again, name="run-again"),
    path("projects/", projects.projects, name="projects"),
    path(PROJECT, projects.project, name="project"),
    path(f"{PROJECT}dependencies/", projects.depend, name="project-depend"),
    path(f"{PROJECT}dependencies/drop/", projects.drop, name="project-drop"),
    path(f"{PROJECT}files/", projects.take_in, name="project-files"),
    path(f"{PROJECT}files/<str:file>", projects.file, name="project-file"),
    path(f"{PROJECT}sync/", syncing.sync, name="project-sync"),
    path(f"{PROJECT}delete/", projects.delete, name="project-delete"),
]
