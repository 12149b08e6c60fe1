"""How values read in templates; the rules are in `xoptweb.web.values`."""

import json
import uuid
from datetime import datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from xoptweb.web import values

register = template.Library()
register.filter("number", values.number)
register.filter("plain", values.plain)
register.filter("percent", values.percent)
register.filter("duration", values.duration)
register.filter("visible", values.visible)
register.filter("digest", values.short_digest)


@register.filter
def clock(at: datetime | None) -> str | SafeString:
    """A moment as `<time>`; the browser shows it in its own zone (static/js/times.js)."""
    if at is None:
        return values.NOTHING
    return format_html('<time datetime="{}" data-clock>{}</time>', at.isoformat(), values.clock(at))


@register.filter
def moment(at: datetime | None) -> str | SafeString:
    """A moment with its date and seconds."""
    if at is None:
        return values.NOTHING
    return format_html('<time datetime="{}" data-moment>{}</time>', at.isoformat(), f"{at:%Y-%m-%d %H:%M:%S}")


@register.filter
def iso_moment(text: str) -> str | SafeString:
    """A moment that a record holds as ISO 8601."""
    return moment(datetime.fromisoformat(text))


@register.filter
def pretty(value: Any) -> str:
    """JSON for reading, with foreign control characters written out."""
    return values.visible(json.dumps(value, indent=2, ensure_ascii=False, default=str))


@register.simple_tag
def new_key() -> str:
    """A fresh idempotency key: what is posted twice with it happens once."""
    return uuid.uuid4().hex


@register.filter
def brief(value: Any) -> str:
    """A recorded value in a few words: the names of an object's parts, or the value itself."""
    if value is None:
        return values.NOTHING
    text = values.visible(_words(value) or values.NOTHING)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _words(value: Any) -> str:
    """As a person says it; parts that are empty are left out."""
    if isinstance(value, dict):
        said = ((name, _words(part)) for name, part in value.items())
        return ", ".join(f"{name} {words}" for name, words in said if words)
    if isinstance(value, list):
        return ", ".join(words for part in value if (words := _words(part)))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


@register.filter
def campaign_number(stream: str) -> str:
    """`campaign:7` → `7`; empty for what is no campaign."""
    kind, _, number = stream.partition(":")
    return number if kind == "campaign" and number.isdecimal() else ""


register.filter("units", values.units)
