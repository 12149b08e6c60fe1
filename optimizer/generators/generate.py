"""Write catalogue.json from Xopt's own classes: `python -m optimizer.generators.generate`."""

import json
import typing
from collections.abc import Iterator
from importlib.metadata import version
from typing import Annotated, Any

from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from optimizer.generators.catalogue import PATH, Catalogue, Entry
from optimizer.generators.options import Kind, Option
from optimizer.generators.registry import Family, all_families

TYPES: dict[str, Kind] = {"integer": "integer", "number": "number", "boolean": "boolean"}
# fields that are no options: the problem itself, data, state, and what would load code or weights
NO_OPTIONS = {"vocs", "data", "model", "custom_objective", "computation_time", "current_state", "future_state", "y",
              "is_active", "manual_data_cnt", "trace", "use_cuda", "n_candidates", "population", "name"}  # fmt: skip


def _nested(annotation: Any, default: Any) -> type[BaseModel] | None:
    """The class whose fields a nested option has: that of the default, else the annotation's most specific."""
    if isinstance(default, BaseModel):
        return type(default)
    for candidate in (annotation, *typing.get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            subclasses = [each for each in candidate.__subclasses__() if each.__name__.startswith("LBFGS")]
            return subclasses[0] if subclasses else candidate
    return None


def _schema(field: FieldInfo) -> dict[str, Any] | None:
    annotation: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        return TypeAdapter(annotation).json_schema()
    except (PydanticInvalidForJsonSchema, PydanticSchemaGenerationError):
        return None


def _branches(schema: dict[str, Any]) -> tuple[list[dict[str, Any]], bool]:
    branches = schema.get("anyOf", [schema])
    plain = [branch for branch in branches if branch.get("type") != "null"]
    return plain, len(plain) < len(branches)


def _option(name: str, field: FieldInfo) -> Option | None:
    """The option that a plain field is; None for tables, tensors, mappings and the like."""
    schema = _schema(field)
    if schema is None:
        return None
    branches, nullable = _branches(schema)
    if len(branches) != 1:
        return None
    branch = branches[0]
    default = None if field.default is PydanticUndefined else field.default
    common: dict[str, Any] = {
        "name": name,
        "default": default,
        "upstream": default,
        "nullable": nullable,
        "description": _sentence(field.description or ""),
    }
    if "enum" in branch or "const" in branch:
        return Option(
            type="choice", choices=[str(each) for each in branch.get("enum", [branch.get("const")])], **common
        )
    if branch.get("type") not in TYPES:
        return None
    return Option(
        type=TYPES[branch["type"]],
        minimum=branch.get("minimum"),
        exclusive_minimum=branch.get("exclusiveMinimum"),
        maximum=branch.get("maximum"),
        **common,
    )


def _sentence(text: str) -> str:
    words = " ".join(text.split()).rstrip(".")
    return f"{words[0].upper()}{words[1:]}." if words else ""


def options_of(cls: type[BaseModel], prefix: str = "", depth: int = 3) -> Iterator[Option]:
    """Every plain option of a class, nested ones with dotted names."""
    for name, field in cls.model_fields.items():
        if name in NO_OPTIONS or name.startswith("supports_") or field.frozen:
            continue
        inner = _nested(field.annotation, field.default)
        if inner is not None and depth > 0:
            yield from options_of(inner, f"{prefix}{name}.", depth - 1)
        elif (option := _option(f"{prefix}{name}", field)) is not None:
            yield option


def _adjusted(option: Option, family: Family) -> Option:
    return Option.model_validate(option.model_dump() | family.adjust.get(option.name, {}))


def describe(family: Family) -> Entry:
    """One family's entry: Xopt's class decides what it can do, the family which options are offered and how set."""
    from xopt.generators import get_generator
    from xopt.generators.bayesian.bayesian_generator import BayesianGenerator

    cls = get_generator(family.name)
    found = {option.name: option for option in options_of(cls)}
    missing = [name for name in family.shown if name not in found]
    if missing:
        raise LookupError(f"Xopt's {family.name} has no {', '.join(missing)}")
    fields = cls.model_fields
    return Entry(
        name=family.name,
        title=family.title,
        summary=family.summary,
        constraints=bool(fields["supports_constraints"].default),
        single_objective=bool(fields["supports_single_objective"].default),
        multi_objective=bool(fields["supports_multi_objective"].default),
        noise=issubclass(cls, BayesianGenerator),
        explores=family.explores,
        options=[_adjusted(found[name], family) for name in family.shown] + list(family.own),
    )


def generate() -> str:
    """The catalogue's text, from the installed Xopt."""
    entries = [describe(family) for family in all_families().values()]
    catalogue = Catalogue(xopt=".".join(version("xopt").split(".")[:2]), generators=entries)
    return json.dumps(catalogue.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(generate())
