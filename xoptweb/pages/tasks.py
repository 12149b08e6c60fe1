"""What the beat process does for the pages."""

from xoptweb.pages.once import forget_old
from xoptweb.work.registry import periodic

FORGET_EVERY_S = 60.0

periodic("pages.forget_answers", FORGET_EVERY_S)(forget_old)
