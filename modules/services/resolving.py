"""Choosing a version for each dependency of a project, from what is installed, its sources and registries."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from modules import package, places
from modules.files.lock import Locked
from modules.models import ModuleVersion, Project, Registry
from modules.package import Package, PackageError, Reference
from modules.registries import Offer, Source, Unreachable, open_registry
from modules.services import finding
from xoptweb.errors import Invalid, Problem

Say = Callable[[str], None]
State = ModuleVersion.State
INSTALLED = "installed"


@dataclass(frozen=True)
class Choice:
    """The version that suits a dependency. `package` is None where it is installed already."""

    name: str
    version: str
    digest: str
    source: str
    engine: str | None
    package: Package | None = None


class Resolver:
    """Finds all that a project needs, before anything is installed. Used as a context manager, for what it fetches."""

    def __init__(self, project: Project, locked: dict[str, Locked], say: Say, *, upgrade: bool) -> None:
        self.project, self.locked, self.say, self.upgrade = project, locked, say, upgrade
        self.sources = dict(project.sources.values_list("name", "path"))
        own = list(project.registries.order_by("name"))
        self.registries = own + list(Registry.objects.filter(project=None).order_by("name"))
        self._opened: dict[str, Source] = {}
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(dir=places.packages())))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.close()

    def resolve(self) -> list[Choice]:
        """What the project needs, engines before those that run their code.

        Raises:
            Invalid: something can't be had; `fields` names each and says why.
        """
        chosen: dict[str, Choice] = {}
        wrong: dict[str, str] = {}
        for name, requirement in self.project.dependencies.values_list("name", "requirement"):
            try:
                self._add(name, requirement, chosen, ())
            except Problem as problem:
                wrong[name] = problem.message
        if wrong:
            listed = "; ".join(wrong.values())
            raise Invalid(f"This can't be had: {listed}", code="unresolved", fields=wrong)
        return list(chosen.values())

    def _add(self, name: str, requirement: str, chosen: dict[str, Choice], above: tuple[str, ...]) -> None:
        if name in above:
            raise Invalid(f"The engines go round in a circle: {' → '.join([*above, name])}.", code="cycle")
        key = name if not above else f"{name} {requirement}"
        if key in chosen:
            return
        choice = self._choose(name, requirement)
        if choice.engine is not None:
            engine = Reference.parse(choice.engine)
            self._add(engine.name, engine.version or "", chosen, (*above, name))
        if not any(each.name == choice.name and each.version == choice.version for each in chosen.values()):
            chosen[key] = choice

    def _choose(self, name: str, requirement: str) -> Choice:
        if name in self.sources:
            return self._from_source(name, requirement)
        installed = self._installed(name)
        if (kept := self._kept(name, requirement, installed)) is not None:
            return kept
        offers, silent = self._offers(name)
        versions = [*installed, *(offer.version for _, offer in offers)]
        best = finding.best(versions, finding.specifier(requirement))
        if best is None:
            raise Invalid(_missing(name, requirement, versions, silent), code="not_found")
        if best in installed:
            return _of_row(installed[best])
        registry, offer = next((registry, offer) for registry, offer in offers if offer.version == best)
        return self._fetched(registry, offer)

    def _installed(self, name: str) -> dict[str, ModuleVersion]:
        rows = ModuleVersion.objects.select_related("module").filter(module__name=name, state=State.INSTALLED)
        return {row.version: row for row in rows}

    def _kept(self, name: str, requirement: str, installed: dict[str, ModuleVersion]) -> Choice | None:
        """What the lock names, as long as it suits."""
        locked = self.locked.get(name)
        if self.upgrade or locked is None or not _suits(requirement, locked.version):
            return None
        row = installed.get(locked.version)
        if row is not None and row.digest == locked.digest:
            return _of_row(row, locked.source)
        offers, silent = self._offers(name)
        for registry, offer in offers:
            if offer.version == locked.version and offer.digest == locked.digest:
                return self._fetched(registry, offer)
        where = f" {'; '.join(silent)}" if silent else ""
        raise Invalid(
            f"{name}@{locked.version} as it was locked ({locked.digest[:12]}…) is neither installed nor in a registry;"
            f" `xoptweb sync --upgrade` takes what there is.{where}",
            code="lock",
        )

    def _offers(self, name: str) -> tuple[list[tuple[Registry, Offer]], list[str]]:
        """What the registries have, and which of them do not answer."""
        found, silent = [], []
        for registry in self.registries:
            try:
                if registry.url not in self._opened:
                    self._opened[registry.url] = open_registry(registry.url)
                found += [(registry, offer) for offer in self._opened[registry.url].offers(name)]
            except Unreachable as problem:
                self.say(f"registry {registry.name}: {problem.message}")
                silent.append(problem.message)
        return [(registry, offer) for registry, offer in found if _is_version(offer.version)], silent

    def _fetched(self, registry: Registry, offer: Offer) -> Choice:
        self.say(f"fetching {offer.name}@{offer.version} from {registry.name}")
        file = self.directory / f"{offer.digest}.xopt"
        self._opened[registry.url].fetch(offer, file)
        read = package.read(file)
        if (read.manifest.name, read.manifest.version) != (offer.name, offer.version):
            raise Invalid(f"{registry.name} gives {read.manifest.reference} for {offer.name}@{offer.version}.")
        return _of_package(read, registry.url)

    def _from_source(self, name: str, requirement: str) -> Choice:
        """The directory or package that the project names; a directory is packaged first."""
        stated = self.sources[name]
        path = (Path(self.project.directory or "/") / stated).resolve()
        if not Path(stated).is_absolute() and not self.project.directory:
            raise Invalid(f"{name}: the project has no directory that {stated} could be relative to.")
        if not path.exists():
            raise Invalid(f"{name}: {path} is not there.")
        try:
            read = package.read(package.write(path, self.directory) if path.is_dir() else path)
        except PackageError as error:
            raise Invalid(f"{name} from {path}: {error.message}", code="package") from None
        if read.manifest.name != name:
            raise Invalid(f"{path} is {read.manifest.name}, not {name}.")
        if not _suits(requirement, read.manifest.version):
            raise Invalid(f"{path} is version {read.manifest.version} of {name}; {requirement} is asked for.")
        row = self._installed(name).get(read.manifest.version)
        if row is not None and row.digest == read.digest:
            return _of_row(row, stated)
        return _of_package(read, stated)


def _of_row(row: ModuleVersion, source: str = INSTALLED) -> Choice:
    return Choice(row.module.name, row.version, row.digest, source, row.manifest.get("engine_ref"))


def _of_package(read: Package, source: str) -> Choice:
    stated = read.manifest
    return Choice(stated.name, stated.version, read.digest, source, stated.engine_ref, read)


def _suits(requirement: str, version: str) -> bool:
    return finding.specifier(requirement).contains(version, prereleases=True)


def _is_version(text: str) -> bool:
    try:
        package.checked_version(text)
    except PackageError:
        return False
    return True


def _missing(name: str, requirement: str, versions: list[str], silent: list[str]) -> str:
    wanted = f"{name} {requirement}".strip()
    there = f"there are only {', '.join(sorted(set(versions)))}" if versions else "nobody has it"
    return ". ".join([f"{wanted}: {there}", *silent])
