"""What happens to approvals by itself."""

from xoptweb.approvals.expiry import expire_due
from xoptweb.work.registry import periodic

EXPIRE_EVERY_S = 5.0


@periodic("approvals.expire", EXPIRE_EVERY_S)
def expire() -> None:
    expire_due()
