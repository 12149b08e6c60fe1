"""Versions of modules that were read before: read again only when their row has changed.

A version carries all that its manifest and its code say. Reading that would be a large part of a short run.
"""

from typing import Any

from django.db import connection

from modules.models import ModuleVersion

MOST = 500
MARK = "SELECT version.id, version.state, version.digest, version.installed_at FROM modules_moduleversion version"
CURRENT = f"{MARK} JOIN modules_module module ON module.current_id = version.id WHERE module.name = %s"
ONE = f"{MARK} WHERE version.id = %s"

Mark = tuple[Any, ...]

_known: dict[int, tuple[Mark, ModuleVersion]] = {}


def current(name: str) -> ModuleVersion | None:
    """The version of the module of that name that runs when none is asked for."""
    return _recalled(CURRENT, name)


def version(pk: int) -> ModuleVersion | None:
    return _recalled(ONE, pk)


def _recalled(question: str, asked: str | int) -> ModuleVersion | None:
    """The row as it is now. Whoever gets it changes nothing of it: others have the same object."""
    with connection.cursor() as cursor:
        cursor.execute(question, [asked])
        mark = cursor.fetchone()
    if mark is None:
        return None
    found = _known.get(mark[0])
    if found is not None and found[0] == mark:
        return found[1]
    row = ModuleVersion.objects.select_related("module").filter(pk=mark[0]).first()
    if row is not None:
        if len(_known) >= MOST:
            _known.clear()
        _known[mark[0]] = mark, row
    return row
