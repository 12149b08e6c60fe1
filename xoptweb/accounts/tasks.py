"""What happens to accounts by itself."""

from xoptweb.accounts.sessions import forget_expired
from xoptweb.work.registry import periodic

FORGET_EVERY_S = 300.0


@periodic("accounts.forget_expired_sessions", FORGET_EVERY_S)
def forget_sessions() -> None:
    forget_expired()
