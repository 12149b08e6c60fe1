"""What a module may use: read, set by administrators, asked for by others."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from modules.services import grants as services
from modules.views.module import context, opened
from xoptweb.accounts.permissions import allowed
from xoptweb.accounts.requests import actor
from xoptweb.errors import Invalid


@require_http_methods(["GET", "POST"])
def grants(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """One grant a line."""
    page = opened(request, namespace, name)
    by = actor(request)
    typed: str | None = None
    problem: Invalid | None = None
    if request.method == "POST":
        typed = request.POST.get("grants", "")
        try:
            approval = services.change(page.module, [line for line in typed.splitlines() if line.strip()], by=by)
        except Invalid as refusal:
            problem = refusal
        else:
            if approval is not None:
                messages.success(request, "It waits for an administrator's approval.")
                return redirect("approval", approval.pk)
            messages.success(request, "The grants hold from the next run on.")
            return redirect("module-grants", namespace, name)
    more = {
        "typed": "\n".join(page.grants) if typed is None else typed,
        "problem": problem,
        "may_ask": allowed(by, "install_modules"),
    }
    status = problem.status if problem else 200
    return render(request, "modules/tabs/grants.html", context(request, page) | more, status=status)
