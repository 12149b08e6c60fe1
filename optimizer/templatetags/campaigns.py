"""Parts of pages about campaigns that other apps' pages include."""

from collections.abc import Mapping
from typing import Any

from django import template

from controls.models import Machine
from optimizer.presentation.asking import Asked, Returning, asked, returning

register = template.Library()


@register.simple_tag
def what_is_asked(content: Mapping[str, Any], machine: Machine) -> Asked:
    """The content of an approval beside the machine as it is now."""
    return asked(content, machine)


@register.simple_tag
def what_goes_back(content: Mapping[str, Any], machine: Machine) -> list[Returning]:
    """The channels of a restore, with the way each has to go from where it is now."""
    return returning(content, machine)
