"""`xoptweb list`."""

import argparse
import sys
from collections import Counter

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "A star marks the version that runs when none is asked for."


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules import places
    from modules.models import ModuleVersion

    rows = ModuleVersion.objects.filter(state=ModuleVersion.State.INSTALLED).select_related("module")
    found = list(rows.order_by("module__name", "installed_at"))
    several = {module for module, count in Counter(row.module_id for row in found).items() if count > 1}
    for row in found:
        star = " *" if row.module.current_id == row.pk and row.module_id in several else ""
        sys.stdout.write(f"{row}{star}  {places.absolute(row.path)}\n")
    if not found:
        modules_here.say("No modules are installed. `xoptweb install FILE` installs one.")
    return 0
