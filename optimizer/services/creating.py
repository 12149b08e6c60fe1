"""Creating a campaign: everything is checked before anything begins."""

from collections.abc import Iterable

from django.db import IntegrityError

from controls.models import ChannelLock, Lease, Machine
from optimizer.configuration.validation import Fault
from optimizer.models import Campaign, Environment, Iteration, Objective, Stage
from optimizer.sentence import Understanding, understand
from optimizer.services.choices import NewCampaign, Pinned, chosen_variables, faults
from optimizer.stages.due import enqueue_stage
from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.live.services import publish
from xoptweb.transactions import transaction


def preview(environment: Environment, sentence: str) -> Understanding:
    """What a sentence means in an environment, before anything is created."""
    return understand(sentence, list(environment.objectives.all()))


def create(new: NewCampaign, *, by: Actor) -> Campaign:
    """Create a campaign and begin its first iteration. The same idempotency key gives the same campaign.

    Raises:
        NotAllowed: `by` may not run campaigns, or may not loosen who decides.
        Invalid: something does not suit the environment; `fields` names each and says why.
        Conflict: `channels_busy`: another campaign uses a channel, or its restore is owed.
    """
    require(by, "run_campaigns")
    if by.user is None:
        raise NotAllowed("A campaign is requested by a person or a service account.")
    if new.requester_may_decide or not new.ask_each_iteration:
        require(by, "decide")
    if (known := _known(new, by)) is not None:
        return known
    environment = _environment(new.environment)
    objective = _objective(new, environment)
    _require_suitable(faults(new.pinned, environment, objective.name))
    try:
        return _created(new, environment, objective, by, by.user)
    except IntegrityError:
        if (known := _known(new, by)) is None:
            raise
        return known


def _known(new: NewCampaign, by: Actor) -> Campaign | None:
    if new.idempotency_key is None:
        return None
    campaign = Campaign.objects.filter(idempotency_key=new.idempotency_key).first()
    if campaign is not None and campaign.requested_by != by.user:
        raise Conflict("This idempotency key was used by somebody else.", code="idempotency_key_used")
    return campaign


def _environment(slug: str) -> Environment:
    environment = Environment.objects.select_related("machine").filter(slug=slug).first()
    if environment is None:
        raise Invalid(f"There is no environment “{slug}”.", fields={"environment": "choose one of the list"})
    return environment


def _objective(new: NewCampaign, environment: Environment) -> Objective:
    """The chosen objective, or the one the sentence means."""
    name = new.objective
    if not name:
        understood = preview(environment, new.sentence)
        if understood.objective is None:
            choices = ", ".join(understood.candidates)
            raise Invalid(understood.question, code="unclear", fields={"objective": f"choose one of: {choices}"})
        name = understood.objective
    objective = environment.objectives.filter(name=name).first()
    if objective is None:
        known = ", ".join(environment.objectives.values_list("name", flat=True))
        raise Invalid(f"{environment} has no objective “{name}”.", fields={"objective": f"choose one of: {known}"})
    return objective


def _require_suitable(found: Iterable[Fault]) -> None:
    fields = {fault.field: fault.reason for fault in found}
    if fields:
        raise Invalid("These choices do not suit the environment.", fields=fields)


def _created(new: NewCampaign, environment: Environment, objective: Objective, by: Actor, person: User) -> Campaign:
    with transaction("a campaign, its first iteration and the work for it belong together"):
        Machine.objects.select_for_update().get(pk=environment.machine_id)
        if (known := _known(new, by)) is not None:
            return known
        require_free_channels(environment, new.pinned)
        campaign = Campaign.objects.create(
            environment=environment,
            sentence=new.sentence,
            objective=objective,
            requested_by=person,
            token=by.token,
            iterations_max=new.iterations_max,
            end=new.end,
            after_crash=new.after_crash,
            after_module_failure=new.after_module_failure or environment.after_module_failure,
            votes_needed=new.votes_needed,
            requester_may_decide=new.requester_may_decide,
            ask_each_iteration=new.ask_each_iteration,
            pinned=new.pinned.model_dump(mode="json", exclude_defaults=True),
            idempotency_key=new.idempotency_key,
            message="Looking at the state of the machine.",
        )
        record(by, "campaign.created", campaign, after=new.model_dump(mode="json", exclude_defaults=True))
        publish("campaigns", "created", {"campaign": campaign.pk, "sentence": campaign.sentence})
        iteration = Iteration.objects.create(campaign=campaign, number=1)
        enqueue_stage(iteration, Stage.STATE)
    return campaign


def require_free_channels(environment: Environment, pinned: Pinned, *, apart_from: Campaign | None = None) -> None:
    """Raises Conflict when another campaign uses one of the channels, or one is locked because a restore is owed."""
    wanted = {variable.channel_id: variable.name for variable in chosen_variables(pinned, environment)}
    active = Campaign.objects.filter(state__in=Campaign.ACTIVE, environment__machine=environment.machine_id)
    if apart_from is not None:
        active = active.exclude(pk=apart_from.pk)
    for other in active.select_related("environment"):
        theirs = chosen_variables(Pinned.model_validate(other.pinned), other.environment)
        shared = [wanted[each.channel_id] for each in theirs if each.channel_id in wanted]
        if shared:
            raise Conflict(
                f"{', '.join(shared)} {'is' if len(shared) == 1 else 'are'} used by campaign {other.pk}, “{other}”.",
                code="channels_busy",
                fields={"pinned.variables": f"used by campaign {other.pk}", "campaign": str(other.pk)},
            )
    locks = list(ChannelLock.objects.filter(channel__in=wanted).select_related("lease"))
    if locks:
        names = [wanted[lock.channel_id] for lock in locks]
        until = _until(lock.lease for lock in locks)
        raise Conflict(
            f"{', '.join(names)} {'is' if len(names) == 1 else 'are'} locked {until}.",
            code="channels_busy",
            fields={"pinned.variables": f"locked {until}"},
        )


def _until(leases: Iterable[Lease]) -> str:
    """How long the channels of `leases` stay locked, in words."""
    states = {lease.state for lease in leases}
    if Lease.State.WAITING in states:
        return "until a person confirms the restore that is owed, on the machine's page"
    if states == {Lease.State.QUIET}:
        return f"while they are watched after a restore, until the IOC has answered for {config().lease_quiet_s:g} s"
    return f"until a restore is done and the IOC has answered for {config().lease_quiet_s:g} s after it"
