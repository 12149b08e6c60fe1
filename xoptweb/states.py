"""State machines: an enum, a table of transitions, and a guarded UPDATE."""

from collections.abc import Collection
from typing import Any, TypeVar

from django.db.models import Model

from xoptweb.errors import Conflict

M = TypeVar("M", bound=Model)


def move(instance: M, to: str, *, expected: Collection[str] | None = None, field: str = "state", **changes: Any) -> M:
    """Change `instance`'s state in the database only if it still is where we think it is.

    `expected` defaults to the states from which the model's `TRANSITIONS` table allows `to`.

    Raises:
        Conflict: it is in another state by now, or no transition leads there.
    """
    model = type(instance)
    table: dict[str, set[str]] = getattr(model, "TRANSITIONS", {})
    allowed = {str(source) for source, targets in table.items() if to in {str(t) for t in targets}}
    sources = allowed if expected is None else {str(s) for s in expected}
    values = {field: to, **changes}
    changed = model._default_manager.filter(pk=instance.pk, **{f"{field}__in": sources}).update(**values)
    if not changed:
        instance.refresh_from_db(fields=[field])
        present = getattr(instance, field)
        raise Conflict(f"This {model._meta.verbose_name} is {present}; it can't become {to}.", code="wrong_state")
    for name, value in values.items():
        setattr(instance, name, value)
    return instance
