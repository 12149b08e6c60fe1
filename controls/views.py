"""The machine page: its channels live, its arm switch, what it still owes; one channel; STOP."""

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from controls import pictures
from controls.models import Channel, ChannelLock, Lease, Machine, Write
from controls.monitor import values
from controls.rows import ChannelRow, channel_row, channel_rows, lease_row, write_row
from controls.services import arming, restoring, stopping
from controls.services.stopping import StopReport
from controls.standing import standing
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.config import config
from xoptweb.errors import NotFound, Unavailable
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

RECENT_WRITES = 12
PARTS = {"channels", "standing", "leases", "writes"}


@require_GET
def machines(request: HttpRequest) -> HttpResponse:
    """All machines; with only one, that one."""
    require(actor(request), "view_machine")
    found = list(Machine.objects.all()[:2])
    if len(found) == 1:
        return redirect("machine", found[0].slug)
    context = {"standings": [standing(machine) for machine in Machine.objects.select_related("armed_by")]}
    return render(request, "controls/machines.html", context)


@require_GET
def machine(request: HttpRequest, slug: str) -> HttpResponse:
    """One machine; `part` renders one of its parts alone, for live updates."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, f"machine:{slug}")
    found = find(slug)
    context = {
        "machine": found,
        "standing": standing(found),
        "may_arm": allowed(by, "arm"),
        "may_stop": allowed(by, "stop"),
        "disarm_after": config().disarm_after_s,
    }
    part = request.GET.get("part", "")
    if part in PARTS:
        return render(request, f"controls/parts/{part}.html", context | _PARTS[part](found))
    for make in _PARTS.values():
        context |= make(found)
    return render(request, "controls/machine.html", context)


def _channels(found: Machine) -> dict[str, object]:
    latest = values.latest(found)
    rows = channel_rows(found.channels.all(), latest, _holders(found))
    groups: dict[str, list[ChannelRow]] = {}
    for row in rows:
        groups.setdefault(row.channel.group or "channels", []).append(row)
    movable_first = sorted(groups.items(), key=lambda group: not any(row.channel.writable for row in group[1]))
    return {"groups": movable_first, "writable": [row for row in rows if row.channel.writable]}


def _holders(found: Machine) -> dict[int, str]:
    """Who has leased which channel, by the channel's id."""
    locks = ChannelLock.objects.filter(channel__machine=found).select_related("lease")
    return {lock.channel_id: lock.lease.correlation or lock.lease.holder for lock in locks}


def _leases(found: Machine) -> dict[str, object]:
    leases = (
        found.leases.exclude(state=Lease.State.RELEASED)
        .prefetch_related("locks__channel", "restores__items__channel")
        .order_by("id")
    )
    return {"leases": [lease_row(lease) for lease in leases]}


def _writes(found: Machine) -> dict[str, object]:
    recent = Write.objects.filter(channel__machine=found).select_related("channel").order_by("-id")[:RECENT_WRITES]
    return {"writes": [write_row(write) for write in recent]}


def _no_more(_found: Machine) -> dict[str, object]:
    return {}


_PARTS = {"channels": _channels, "standing": _no_more, "leases": _leases, "writes": _writes}


@require_GET
def writes(request: HttpRequest, slug: str) -> HttpResponse:
    """All writes to a machine, newest first."""
    require(actor(request), "view_machine")
    found = find(slug)
    page = page_of_rows(request, Write.objects.filter(channel__machine=found).select_related("channel").order_by("-id"))
    context = {"machine": found, "page": page, "writes": [write_row(write) for write in page.rows]}
    return render(request, "controls/writes.html", context)


@require_GET
def channel(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    """One channel: what it is, where it is, where it was."""
    require(actor(request), "view_machine")
    follow(request, f"machine:{slug}")
    found = Channel.objects.select_related("machine").filter(machine__slug=slug, name=name).first()
    if found is None:
        raise NotFound(f"There is no channel {name} on this machine.")
    span = pictures.span(request.GET.get("span", ""))
    context = {
        "channel": found,
        "machine": found.machine,
        "row": channel_row(found, values.latest(found.machine)),
        "spans": pictures.SPANS,
        "span": span,
    } | _history(found, span)
    if request.GET.get("part") == "history":
        return render(request, "controls/parts/history.html", context)
    page = page_of_rows(request, found.writes.select_related("channel").order_by("-id"), size=25)
    context |= {"page": page, "writes": [write_row(write) for write in page.rows]}
    return render(request, "controls/channel.html", context)


def _history(found: Channel, span: pictures.Span) -> dict[str, object]:
    try:
        samples = values.history(found.machine, found.address, span.seconds, points=600)
    except (Unavailable, NotFound) as problem:
        return {"picture": None, "no_history": problem.message}
    return {"picture": pictures.history(samples, span.seconds, found.precision), "no_history": ""}


@require_http_methods(["GET", "POST"])
def arm(request: HttpRequest, slug: str) -> HttpResponse:
    """Allow writes to a machine."""
    if request.method == "POST":
        found = find(slug)
        arming.arm(found, by=actor(request))
        messages.success(request, f"{found.name} is armed. Approved executions may write to it.")
    return redirect("machine", slug)


@require_http_methods(["GET", "POST"])
def disarm(request: HttpRequest, slug: str) -> HttpResponse:
    """Allow no write at all, restores included."""
    if request.method == "POST":
        found = find(slug)
        arming.disarm(found, by=actor(request), reason=request.POST.get("reason", "").strip() or "by hand")
        messages.success(request, f"{found.name} is disarmed. Nothing is written to it, restores included.")
    return redirect("machine", slug)


@require_http_methods(["GET", "POST"])
def bring_back(request: HttpRequest, slug: str, lease_id: int) -> HttpResponse:
    """Have the watchdog restore what waits for a person; `also_foreign` includes what someone else moved."""
    if request.method == "POST":
        lease = _lease(slug, lease_id)
        restoring.confirm(lease, by=actor(request), also_foreign=bool(request.POST.get("also_foreign")))
        messages.success(request, "The watchdog brings the channels back now.")
    return redirect("machine", slug)


@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest, slug: str, lease_id: int) -> HttpResponse:
    """Leave the channels where they are and free them."""
    if request.method == "POST":
        reason = request.POST.get("reason", "").strip() or "accepted as they are"
        restoring.accept(_lease(slug, lease_id), reason, by=actor(request))
        messages.success(request, "The channels stay where they are and are free again.")
    return redirect("machine", slug)


def _lease(slug: str, lease_id: int) -> Lease:
    lease = Lease.objects.select_related("machine").filter(machine__slug=slug, pk=lease_id).first()
    if lease is None:
        raise NotFound("There is no such lease on this machine.")
    return lease


@require_POST
def stop_machine(request: HttpRequest, slug: str) -> HttpResponse:
    """STOP on one machine."""
    return _stopped(request, stopping.stop_machine(find(slug), by=actor(request), reason=_reason(request)))


@require_POST
def stop_everything(request: HttpRequest) -> HttpResponse:
    """STOP on all machines."""
    return _stopped(request, stopping.stop_everything(by=actor(request), reason=_reason(request)))


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:200] or "STOP button"


def _stopped(request: HttpRequest, report: StopReport) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        return JsonResponse({"message": report.message, "stopped": report.stopped})
    messages.warning(request, report.message)
    return HttpResponseRedirect(reverse("overview"))


def find(slug: str) -> Machine:
    """The machine with its channels at hand."""
    channels = Prefetch("channels", Channel.objects.order_by("group", "name"))
    machine = Machine.objects.select_related("armed_by", "permit_channel").prefetch_related(channels)
    found = machine.filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such machine.")
    return found
