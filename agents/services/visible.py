"""Which memories somebody may see."""

from django.db.models import Q, QuerySet

from agents.models import Memory
from xoptweb.accounts.models import User


def visible(user: User) -> "QuerySet[Memory]":
    """One's own, and everybody's."""
    return Memory.objects.filter(Q(owner=user) | ~Q(scope=Memory.Scope.MINE)).select_related("owner")
