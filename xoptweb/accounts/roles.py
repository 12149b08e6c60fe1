"""The roles people have, what each may do, and keeping the groups in the database like that."""

from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.apps.registry import Apps
from django.apps.registry import apps as global_apps

PERMISSIONS = (
    "view_machine",
    "stop",
    "run_campaigns",
    "decide",
    "arm",
    "configure",
    "install_modules",
    "run_modules",
    "edit_tunables",
    "run_code",
    "view_audit",
    "administer",
)


@dataclass(frozen=True)
class Role:
    """A group of the same name. `staff` opens the admin, where the permissions still decide what is seen."""

    permissions: frozenset[str]
    staff: bool = False


OBSERVER = frozenset({"view_machine"})
OPERATOR = OBSERVER | {"stop", "run_campaigns", "run_code", "view_audit"}
PHYSICIST = OPERATOR | {"decide", "arm", "configure", "run_modules", "edit_tunables"}
DEVELOPER = OBSERVER | {"stop", "install_modules", "run_modules", "edit_tunables", "run_code"}

ROLES: dict[str, Role] = {
    "observer": Role(OBSERVER),
    "operator": Role(OPERATOR),
    "physicist": Role(PHYSICIST, staff=True),
    "module developer": Role(DEVELOPER),
    "administrator": Role(frozenset(PERMISSIONS), staff=True),
}


def sync_after_migrations(sender: AppConfig, using: str = "default", apps: Apps = global_apps, **_: Any) -> None:
    """The receiver of `post_migrate`, which Django sends for each app after it made that app's permissions."""
    if {"accounts", "auth"} <= set(apps.all_models):
        sync(sender.label, using, apps)


def sync(app_label: str, using: str = "default", apps: Apps = global_apps) -> None:
    """Make the groups of `ROLES` hold their permissions, and administrators all permissions of the app."""
    group = apps.get_model("auth", "Group").objects.using(using)
    permission = apps.get_model("auth", "Permission").objects.using(using)
    administrators, _ = group.get_or_create(name="administrator")
    administrators.permissions.add(*permission.filter(content_type__app_label=app_label))
    if app_label != "accounts":
        return
    own = {p.codename: p for p in permission.filter(content_type__app_label="accounts", codename__in=PERMISSIONS)}
    for name, role in ROLES.items():
        row, _ = group.get_or_create(name=name)
        row.permissions.add(*(own[code] for code in role.permissions if code in own))
        row.permissions.remove(*(p for code, p in own.items() if code not in role.permissions))
