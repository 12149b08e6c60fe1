"""What the beat process does for the pages."""

from xoptweb.pages.once import forget_old
from xoptweb.work.registry import periodic

periodic("pages.forget_answers", 3600)(forget_old)
