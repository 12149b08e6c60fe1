"""What may be spent on a profile in one day, from midnight UTC."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Sum
from django.utils import timezone

from agents.gateway.profiles import Profile
from agents.models import ModelCall
from xoptweb.errors import Conflict

if TYPE_CHECKING:
    from xoptweb.accounts.models import User


def check(profile: Profile, user: "User | None") -> None:
    """Raises Conflict: `day_budget` or `user_budget`: it is used up."""
    rows = ModelCall.objects.filter(profile=profile.name, at__gte=_today())
    used = Sum(F("tokens_in") + F("tokens_out"))
    if profile.day_tokens is not None or profile.day_cost is not None:
        spent = rows.aggregate(tokens=used, cost=Sum("cost"))
        if profile.day_tokens is not None and (spent["tokens"] or 0) >= profile.day_tokens:
            raise Conflict(f"Today's {profile.day_tokens} tokens of {profile.name} are used up.", code="day_budget")
        if profile.day_cost is not None and (spent["cost"] or 0.0) >= profile.day_cost:
            raise Conflict(f"Today's {profile.day_cost:g} $ of {profile.name} are used up.", code="day_budget")
    if profile.user_day_tokens is not None and user is not None:
        own = rows.filter(user=user).aggregate(tokens=used)["tokens"] or 0
        if own >= profile.user_day_tokens:
            raise Conflict(
                f"{user.get_username()} has used today's {profile.user_day_tokens} tokens of {profile.name}.",
                code="user_budget",
            )


def renewed_at() -> datetime:
    """When all budgets begin anew."""
    return _today() + timedelta(days=1)


def _today() -> datetime:
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
