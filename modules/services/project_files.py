"""A project's files, in and out: `.xopt/deps.toml`, `.xopt/xopt-*.toml`, `.xopt/lock.toml`."""

from collections.abc import Mapping
from pathlib import Path

from django.utils.text import slugify

from modules.files import configuration, deps, lock
from modules.models import Module, Project
from modules.services import projects
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound
from xoptweb.transactions import transaction

DIRECTORY = ".xopt"
EMPTY = """\
[modules]
# "namespace/name" = "1.0.0"       an exact version, or a specifier such as ">=1.2,<2"

[sources]
# "namespace/name" = { path = "../name" }

[registries]
# lab = "https://modules.lab/xopt"  or "file:///srv/modules"
"""
LARGEST_FILE = 5_000_000  # bytes


def take_in(project: Project, files: Mapping[str, str], *, by: Actor) -> bool:
    """Make the project what its files say; whether that changed anything. `files` are texts by their names in `.xopt`.

    A module whose file is not there has no values of the project any more. The lock is for `sync`.

    Raises:
        NotAllowed: `by` may not run modules, edit tunables, or add the places it names.
        Invalid: a file is wrong; nothing is changed then.
    """
    if deps.FILE not in files:
        raise Invalid(f"{deps.FILE} is missing.", fields={deps.FILE: "It says what the project needs."})
    stated = deps.parse(files[deps.FILE])
    found: dict[str, configuration.Configuration] = {}
    for name in sorted(filter(configuration.is_one, files)):
        module = configuration.module_of(name, stated.modules)
        if module in found:
            raise Invalid(f"{name}: {module} has another file already.", fields={name: "A second file of one module."})
        found[module] = configuration.parse(files[name], name)
    with transaction("a project's files are taken in together"):
        changed = projects.set_deps(project, stated, by=by)
        for module in stated.modules:
            values = found.get(module, configuration.Configuration())
            changed |= bool(projects.set_values(project, module, values, by=by))
    return changed


def give_out(project: Project) -> dict[str, str]:
    """The texts of the project's files, by their names in `.xopt`. Raises Invalid for what TOML can't hold."""
    stated = projects.deps_of(project)
    values = {
        module.name: projects.values_of(project, module) for module in Module.objects.filter(name__in=stated.modules)
    }
    texts = {deps.FILE: deps.written(stated)} | configuration.files_of(values, stated.modules)
    if rows := locked(project):
        texts[lock.FILE] = lock.written(rows)
    return texts


def locked(project: Project) -> list[lock.Locked]:
    rows = project.locks.select_related("version__module").order_by("version__module__name")
    return [lock.Locked(row.version.module.name, row.version.version, row.digest, row.source) for row in rows]


def read(directory: Path) -> dict[str, str]:
    """The files of the project in a directory.

    Raises:
        NotFound: there is no project.
        Invalid: a file can't be read.
    """
    place = directory / DIRECTORY
    if not (place / deps.FILE).is_file():
        raise NotFound(f"{directory} has no {DIRECTORY}/{deps.FILE}; `xoptweb init` makes one.", code="no_project")
    texts = {}
    for path in sorted(place.iterdir()):
        if path.name in (deps.FILE, lock.FILE) or configuration.is_one(path.name):
            texts[path.name] = _text(path)
    return texts


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise Invalid(f"{path} is larger than {LARGEST_FILE // 1_000_000} MB.")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"{path} can't be read: {error}.") from None


def of_directory(directory: Path, *, by: Actor) -> Project:
    """The project whose files lie in `directory`, as they are now.

    Raises:
        NotFound: there are none.
        Invalid: a file is wrong.
    """
    files = read(directory)
    place = directory.resolve()
    with transaction("a project of a directory is what its files say"):
        project = Project.objects.filter(directory=str(place)).first()
        if project is None:
            project = projects.create(_free_name(place.name), by=by, directory=place)
        take_in(project, files, by=by)
    return project


def _free_name(name: str) -> str:
    name = name if any(character.isalnum() for character in name) else "project"
    free, number = name, 1
    while Project.objects.filter(slug=slugify(free)[:80]).exists():
        number += 1
        free = f"{name[:70]} {number}"
    return free


def write_lock(project: Project, directory: Path) -> None:
    """Put the lock beside the project's other files."""
    place = directory / DIRECTORY / lock.FILE
    partial = place.with_suffix(".part")
    partial.write_text(lock.written(locked(project)), encoding="utf-8")
    partial.replace(place)
