"""Django's own accounts, with all rights of an account read by one query: they are asked for before everything."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.db import connection

OWN_AND_OF_GROUPS = """
SELECT kind.app_label, permission.codename
FROM auth_permission permission JOIN django_content_type kind ON kind.id = permission.content_type_id
WHERE permission.id IN (
    SELECT permission_id FROM accounts_user_user_permissions WHERE user_id = %s
    UNION SELECT granted.permission_id
    FROM auth_group_permissions granted JOIN accounts_user_groups member ON member.group_id = granted.group_id
    WHERE member.user_id = %s
)
"""


class Backend(ModelBackend):
    """As Django's, which asks for a user's own permissions and for those of the groups one after the other."""

    def get_all_permissions(self, user_obj: Any, obj: Any = None) -> set[str]:
        """`app.codename` of each; remembered with the user, as Django does."""
        if not user_obj.is_active or user_obj.is_anonymous or user_obj.is_superuser or obj is not None:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            with connection.cursor() as cursor:
                cursor.execute(OWN_AND_OF_GROUPS, [user_obj.pk, user_obj.pk])
                user_obj._perm_cache = {f"{app}.{codename}" for app, codename in cursor.fetchall()}
        found: set[str] = user_obj._perm_cache
        return found
