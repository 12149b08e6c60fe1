"""Writing the audit log."""

from typing import Any

from django.db.models import Model

from xoptweb import correlation as correlations
from xoptweb.actors import Actor
from xoptweb.audit.export import export_csv, export_json_lines
from xoptweb.audit.models import Entry
from xoptweb.plain import plain

__all__ = ["export_csv", "export_json_lines", "key", "record", "role"]

SUPERUSER = "superuser"
LONGEST_LABEL = 200


def record(
    by: Actor,
    action: str,
    target: Model | None,
    *,
    before: Any = None,
    after: Any = None,
    label: str = "",
    correlation: str = "",
) -> None:
    """Add one fact, in the transaction of the change that it is about.

    `before` and `after` are stored as JSON; `label` is what people call the target, by default its own name.

    Raises:
        TypeError: `before` or `after` has no JSON form.
    """
    Entry.objects.create(
        who=by.label,
        role=role(by),
        via=by.via,
        token=by.token.name if by.token else "",
        action=action,
        target=key(target) if target is not None else "",
        label=(label or (str(target) if target is not None else ""))[:LONGEST_LABEL],
        before=plain(before),
        after=plain(after),
        correlation=correlation or by.correlation or correlations.current(),
    )


def role(by: Actor) -> str:
    """The groups of the actor now, as they have to be remembered."""
    if by.user is None:
        return ""
    groups = list(by.user.groups.order_by("name").values_list("name", flat=True))
    return ", ".join([SUPERUSER, *groups] if by.user.is_superuser else groups)[:200]


def key(target: Model) -> str:
    """`app.model:pk`, by which entries are found again."""
    return f"{target._meta.label_lower}:{target.pk}"
