"""`.xopt/lock.toml`: exactly which packages a project was synced to."""

from dataclasses import asdict, dataclass

from modules.files import toml
from xoptweb.errors import Invalid

FILE = "lock.toml"
BEGINNING = "# Written by `xoptweb sync`. Keep it with the project: it makes others get the same.\n"


@dataclass(frozen=True)
class Locked:
    name: str
    version: str
    digest: str
    source: str


def parse(text: str) -> dict[str, Locked]:
    """By name. Raises Invalid."""
    content = toml.loads(text, FILE)
    rows = content.get("module", [])
    try:
        return {row["name"]: Locked(**{key: str(value) for key, value in row.items()}) for row in rows}
    except (TypeError, KeyError, AttributeError):
        reason = "It is not what `xoptweb sync` writes; delete it and sync again."
        raise Invalid(f"{FILE}: {reason}", fields={FILE: reason}) from None


def written(rows: list[Locked]) -> str:
    return BEGINNING + toml.dumps({"module": [asdict(row) for row in rows]}, FILE)
