"""Which stages of an environment's campaigns have a module's say, and what follows when one fails."""

from modules.models import Module
from modules.models.skill import NAMESPACE as SKILLS
from optimizer.models import AfterModuleFailure, Environment, Stage, StageModule
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

RULES = ""


def modules_of(environment: Environment) -> dict[str, str]:
    """Stage → name of its module; stages that the rules have alone are left out."""
    return {row.stage: row.module for row in environment.stage_modules.all()}


def switch(environment: Environment, stage: Stage, module: str, *, by: Actor) -> None:
    """Give a stage to a module, or with `RULES` back to the rules alone. Stages that begin from now on follow it.

    Raises:
        NotAllowed: `by` may not configure.
        Invalid: no module takes part in this stage, or there is no such module that is installed.
    """
    require(by, "configure")
    _check(stage, module)
    with transaction("a stage is switched with its audit entry"):
        before = modules_of(Environment.objects.select_for_update().get(pk=environment.pk)).get(str(stage), RULES)
        if before == module:
            return
        if module == RULES:
            environment.stage_modules.filter(stage=stage).delete()
        else:
            values = {"module": module, "by": by.label}
            StageModule.objects.update_or_create(environment=environment, stage=stage, defaults=values)
        _tell(environment, by, {str(stage): before or "rules"}, {str(stage): module or "rules"})


def set_policy(environment: Environment, policy: str, *, by: Actor) -> None:
    """What new campaigns do when the module of a stage fails, where they do not say it themselves.

    Raises:
        NotAllowed: `by` may not configure.
        Invalid: there is no such policy.
    """
    require(by, "configure")
    if policy not in AfterModuleFailure.values:
        raise Invalid("Choose what follows.", fields={"after_module_failure": "choose one of the list"})
    with transaction("a policy is changed with its audit entry"):
        row = Environment.objects.select_for_update().get(pk=environment.pk)
        before = row.after_module_failure
        if before == policy:
            return
        Environment.objects.filter(pk=environment.pk).update(after_module_failure=policy)
        _tell(environment, by, {"after_module_failure": before}, {"after_module_failure": policy})
    environment.after_module_failure = policy


def _check(stage: Stage, module: str) -> None:
    if stage not in StageModule.STAGES:
        raise Invalid(f"{stage.label} has no place for a module.", fields={"stage": "choose another stage"})
    if module.startswith(f"{SKILLS}/"):
        raise Invalid(f"{module} is a skill: a tool, not a module for a stage.", fields={"module": "choose a module"})
    if module != RULES and not Module.objects.filter(name=module).exclude(current=None).exists():
        raise Invalid(f"{module} is not installed.", fields={"module": "choose one that is installed"})


def _tell(environment: Environment, by: Actor, before: dict[str, str], after: dict[str, str]) -> None:
    record(by, "environment.stages", environment, before=before, after=after)
    publish(f"environment:{environment.slug}", "stages", after | {"by": by.label})
