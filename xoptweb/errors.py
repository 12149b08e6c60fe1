"""The ways a request can fail, each with a code for programs and a message for a person."""


class Problem(Exception):
    """Something a person or program asked for cannot be done. Subclasses fix the HTTP status."""

    status = 400
    code = "problem"

    def __init__(self, message: str, *, code: str = "", fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code
        self.fields = fields or {}


class Invalid(Problem):
    """A value is wrong; `fields` names each wrong field and says why."""

    status, code = 422, "invalid"


class TooLarge(Problem):
    """What was sent is more than is taken at once."""

    status, code = 413, "too_large"


class NotAllowed(Problem):
    """The actor may not do this."""

    status, code = 403, "not_allowed"


class ConfirmationNeeded(Problem):
    """The actor may do this after giving the password again."""

    status, code = 403, "confirmation_needed"


class Conflict(Problem):
    """The thing changed in the meantime, or its state does not allow this."""

    status, code = 409, "conflict"


class NotFound(Problem):
    """There is no such thing, or the actor may not know of it."""

    status, code = 404, "not_found"


class Unavailable(Problem):
    """Something this needs does not answer now; trying again later can work."""

    status, code = 503, "unavailable"
