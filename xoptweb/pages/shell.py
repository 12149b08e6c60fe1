"""What stands around every page: where one can go, what the machines do, what waits, what is wrong."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import PurePosixPath

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from agents.services.artifacts import count_new
from controls.models import Machine
from controls.troubles import Trouble, troubles
from xoptweb.accounts.permissions import allowed, person
from xoptweb.accounts.requests import actor
from xoptweb.approvals.models import Approval
from xoptweb.pages.bar import Pill, pills
from xoptweb.web.following import follow
from xoptweb.web.kept import KeptForm, kept_form

SCRIPTS = (
    "stop", "confirm", "idempotency", "notices", "morph", "values", "conditions", "countdown", "times", "here", "kept",
    "live",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """One entry of the rail."""

    label: str
    url: str
    icon: str
    here: bool
    count: int = 0
    apart: bool = False
    fresh: bool = False


class Shell:
    """Read when a template asks, so that parts of pages cost nothing of it."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.at = request.GET.get("at", request.path) if request.path == reverse("part-rail") else request.path
        self.now = datetime.now(UTC).isoformat()
        self._machines = list(Machine.objects.prefetch_related("channels")) if self.known else []
        machines = [f"machine:{machine.slug}" for machine in self._machines]
        self.streams = follow(request, *(["approvals", "artifacts", *machines] if self.known else []))

    @property
    def known(self) -> bool:
        return self.request.user.is_authenticated

    @property
    def theme(self) -> str:
        return "light" if self.request.COOKIES.get("theme") == "light" else "dark"

    @cached_property
    def scripts(self) -> list[str]:
        return [static(f"js/{name}.js") for name in SCRIPTS]

    @cached_property
    def kept(self) -> KeptForm | None:
        """What was typed on this page and could not be acted on, unless its view has filled its form in itself."""
        return kept_form(self.request)

    @cached_property
    def machines(self) -> list[Pill]:
        return pills(self._machines)

    @cached_property
    def troubles(self) -> list[Trouble]:
        return troubles() if self.known else []

    @cached_property
    def waiting(self) -> int:
        return Approval.objects.filter(state=Approval.State.PENDING, expires_at__gt=datetime.now(UTC)).count()

    @cached_property
    def new_artifacts(self) -> int:
        return count_new(person(actor(self.request)))

    @cached_property
    def may_stop(self) -> bool:
        return allowed(actor(self.request), "stop")

    @property
    def who(self) -> str:
        return str(self.request.user.get_username())

    @property
    def initial(self) -> str:
        return self.who[:1].upper()

    @cached_property
    def role(self) -> str:
        names = [str(group.name) for group in self.request.user.groups.all()]
        return ", ".join(names) or ("administrator" if self.request.user.is_superuser else "no role")

    @cached_property
    def places(self) -> list[Place]:
        if not self.known:
            return []
        by = actor(self.request)
        places = [
            self._place("Overview", "overview", "bi-speedometer2"),
            self._place("Campaigns", "campaigns", "bi-bullseye"),
            self._place("Approvals", "approvals", "bi-check2-square", count=self.waiting),
            self._place("Machine", "machines", "bi-sliders"),
            self._place("Environments", "environments", "bi-diagram-3"),
            self._place("Modules", "modules", "bi-box-seam", apart=True),
            self._place("Runs", "runs", "bi-activity"),
            self._place("Projects", "projects", "bi-collection"),
            self._place("Assistant", "assistant", "bi-chat-left-text"),
            self._place("Artifacts", "artifacts", "bi-images", count=self.new_artifacts, fresh=True),
        ]
        audited = allowed(by, "view_audit")
        if audited:
            places.append(self._place("Audit", "audit", "bi-journal-text", apart=True))
        if self.request.user.is_staff:
            places.append(self._place("Admin", "admin:index", "bi-hdd-network", apart=not audited))
        return places

    def _place(
        self, label: str, name: str, icon: str, *, count: int = 0, apart: bool = False, fresh: bool = False
    ) -> Place:
        """`fresh`: what is counted is new, and does not wait for anybody."""
        url = reverse(name)
        here = self.at == "/" if url == "/" else PurePosixPath(self.at).is_relative_to(url)
        return Place(label, url, icon, here, count, apart, fresh)


def shell(request: HttpRequest) -> dict[str, object]:
    """The context processor."""
    return {"shell": SimpleLazyObject(lambda: Shell(request))}
