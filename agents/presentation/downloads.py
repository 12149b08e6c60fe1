"""An artifact as browsers and programs may have it."""

from django.http import HttpResponse

from agents.artifacts import kinds
from agents.models import Artifact
from agents.services import artifacts

# What an artifact may do in a browser when its address is opened: nothing, in an origin of its own.
SHUT = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:; base-uri 'none'; form-action 'none'"
)
ALONE = f"{SHUT}; frame-ancestors 'none'; sandbox"


def content(row: Artifact, *, shown: bool = False) -> HttpResponse:
    """A download, or with `shown` an image to be looked at where it is one that can do nothing.

    Raises:
        NotFound: its file is not on this host.
    """
    pictured = row.kind == Artifact.Kind.IMAGE
    inline = shown and pictured and row.media_type != kinds.SVG
    headers = {
        "Content-Disposition": f'{"inline" if inline else "attachment"}; filename="{row.name}"',
        "Content-Security-Policy": ALONE,
        "X-Content-Type-Options": "nosniff",
    }
    media_type = row.media_type if pictured else "application/octet-stream"
    return HttpResponse(artifacts.content(row), content_type=media_type, headers=headers)
