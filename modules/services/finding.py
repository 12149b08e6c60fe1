"""Finding modules and their versions by what people write."""

from django.db.models import F
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from modules.models import Module, ModuleVersion
from modules.package import Reference
from xoptweb.errors import Invalid, NotFound

State = ModuleVersion.State


def module(name: str) -> Module:
    """Raises NotFound when nobody knows it."""
    found = Module.objects.select_related("current").filter(name=name).first()
    if found is None:
        raise NotFound(f"There is no module “{name[:120]}”.", code="no_such_module")
    return found


def version(text: str, number: str | None = None) -> ModuleVersion:
    """The installed version that `ns/name`, `ns/name@version` or `ns/name:version` means; without one, the current.

    Raises:
        NotFound: it is not installed.
        PackageError: this is no name of a module.
    """
    wanted = Reference.parse(text)
    number = number or wanted.version
    rows = ModuleVersion.objects.select_related("module").filter(module__name=wanted.name, state=State.INSTALLED)
    if number is None:
        found = rows.filter(module__current=F("pk")).first()
    else:
        found = rows.filter(version=number).first() or _same(list(rows), number)
    if found is None:
        raise NotFound(_missing(wanted.name, number, [row.version for row in rows]), code="not_installed")
    return found


def _same(rows: list[ModuleVersion], number: str) -> ModuleVersion | None:
    """1.0 and 1.0.0 are the same version, written differently."""
    try:
        wanted = Version(number)
    except InvalidVersion:
        return None
    return next((row for row in rows if Version(row.version) == wanted), None)


def _missing(name: str, number: str | None, there: list[str]) -> str:
    text = f"{name}@{number}" if number else name
    hint = f" Installed: {', '.join(sorted(there, key=Version))}." if there else ""
    return f"{text} is not installed.{hint}"


def specifier(requirement: str) -> SpecifierSet:
    """A requirement as PEP 440 has it; an exact version means itself, nothing or `*` means any.

    Raises:
        Invalid: it is neither a version nor a specifier.
    """
    text = requirement.strip()
    if text in ("", "*", "latest"):
        return SpecifierSet("")
    try:
        return SpecifierSet(f"=={Version(text)}")
    except InvalidVersion:
        pass
    try:
        return SpecifierSet(text)
    except InvalidSpecifier:
        reason = f"“{text[:80]}” is neither a version nor a specifier such as >=1.2,<2."
        raise Invalid(reason, fields={"version": reason}) from None


def best(versions: list[str], wanted: SpecifierSet) -> str | None:
    """The newest of `versions` that suits; a pre-release only where nothing else does."""
    fitting = [each for each in versions if wanted.contains(each, prereleases=True)]
    released = [each for each in fitting if not Version(each).is_prerelease]
    chosen = released or fitting
    return max(chosen, key=Version) if chosen else None
