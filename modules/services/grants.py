"""What modules may use: looking it up, setting it, and asking for it."""

from collections.abc import Collection, Iterable

from modules import approvable
from modules.models import Grant, Module, ModuleVersion, Skill, SkillVersion
from modules.package.names import NAME
from xoptweb.accounts.permissions import allowed, require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import Invalid
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

KIND = approvable.GRANTS
ALL = "*"
LONGEST_TARGET = 200
DAY_S = 24 * 3600.0
Kind = Grant.Kind


def parse(texts: Iterable[str]) -> set[tuple[str, str]]:
    """`llm:MODEL`, `module:NAMESPACE/NAME`, `tool:NAME`, `network`; `*` is all of a kind.

    Raises:
        Invalid: one is not like that.
    """
    found, fields = set(), {}
    for text in texts:
        kind, _, target = text.strip().partition(":")
        target = target or ALL
        if kind not in Kind.values or len(target) > LONGEST_TARGET or (kind == Kind.NETWORK and target != ALL):
            fields[text[:80] or "grants"] = "Write llm:MODEL, module:NAMESPACE/NAME, tool:NAME or network."
        elif kind == Kind.MODULE and target != ALL and not NAME.fullmatch(target):
            fields[text[:80]] = "This is not the name of a module."
        else:
            found.add((kind, target))
    if fields:
        raise Invalid("These are no grants.", fields=fields)
    return found


def texts(module: Module) -> list[str]:
    """The grants of a module as `parse` reads them."""
    rows = module.grants.order_by("kind", "target").values_list("kind", "target")
    return [written(kind, target) for kind, target in rows]


def written(kind: str, target: str) -> str:
    return kind if kind == Kind.NETWORK else f"{kind}:{target}"


def change(module: Module, wanted: Collection[str], *, by: Actor) -> Approval | None:
    """Set the grants where `by` administers, else ask for them: then the approval is returned.

    Raises:
        NotAllowed: `by` may neither administer nor install modules.
        Invalid: one of `wanted` is no grant.
    """
    if allowed(by, "administer"):
        set_grants(module, wanted, by=by)
        return None
    require(by, "install_modules")
    chosen = sorted(written(*each) for each in parse(wanted))
    content = {"module": module.name, "before": texts(module), "after": chosen}
    title = f"What {module.name} may use"
    return request(KIND, module, title, content, None, by=by, expires_in_s=DAY_S)


def set_grants(module: Module, wanted: Collection[str], *, by: Actor) -> None:
    """Make `wanted` all that every version of the module may use from its next run on.

    Raises:
        NotAllowed: `by` may not administer.
        Invalid: one of them is no grant.
    """
    require(by, "administer")
    chosen = parse(wanted)
    with transaction("grants change together, with their audit entry"):
        before = texts(module)
        for row in module.grants.all():
            if (row.kind, row.target) not in chosen:
                row.delete()
        for kind, target in sorted(chosen):
            module.grants.get_or_create(kind=kind, target=target, defaults={"by": by.label})
        after = texts(module)
        if before != after:
            record(by, "module.grants", module, before=before, after=after)
            publish(module.stream, "grants", {"grants": after, "by": by.label})


def follow_version(version: ModuleVersion, *, first: bool, by: Actor) -> None:
    """What the module may use now that this version is its current one. Inside a transaction.

    A skill may use what was approved together with the version that runs, nothing by default; other modules keep what
    they have, and begin (`first`) with the defaults.
    """
    module = version.module
    skill = Skill.objects.filter(module=module).first()
    if skill is None:
        if first:
            give_defaults(module)
        return
    approved = skill.versions.filter(module_version=version, state=SkillVersion.State.PROMOTED).first()
    matches = approved is not None and approved.package_digest == version.digest
    wanted = approved.grants if approved is not None and matches else []
    if texts(module) != wanted:
        set_grants(module, wanted, by=Actor(user=None, via="system", name=by.label))


def give_defaults(module: Module) -> None:
    """What the setting says that a module may use at once. Only for one that never had a version installed."""
    for kind, target in sorted(parse(config().module_default_grants)):
        module.grants.get_or_create(kind=kind, target=target, defaults={"by": "default"})


def targets(module: Module, kind: str) -> frozenset[str]:
    return frozenset(module.grants.filter(kind=kind).values_list("target", flat=True))
