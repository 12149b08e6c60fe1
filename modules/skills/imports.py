"""What a skill imports, held against what it says that it needs, and against what this installation allows."""

import ast
import sys
from collections.abc import Iterator, Sequence

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from xoptweb.config import config

ALWAYS = frozenset({"pydantic", "typing_extensions", "annotated_types", "xopt", "xoptweb_sdk"})
IMPORTED_AS = {
    "pillow": "PIL", "pyyaml": "yaml", "python-dateutil": "dateutil", "scikit-learn": "sklearn",
}  # fmt: skip


def faults(tree: ast.Module, dependencies: Sequence[str]) -> list[str]:
    """Imports that nothing brings along, and dependencies that are not allowed."""
    names = [canonicalize_name(Requirement(each).name) for each in dependencies]
    allowed = {canonicalize_name(each) for each in config().skill_packages}
    found = [
        f"“{name}” is none of the packages that a skill may need here ({', '.join(sorted(allowed)) or 'none'})."
        for name in names
        if name not in allowed
    ]
    brought = ALWAYS | sys.stdlib_module_names | {IMPORTED_AS.get(name, name.replace("-", "_")) for name in names}
    return found + [fault for node in ast.walk(tree) for fault in _import(node, brought)]


def _import(node: ast.AST, brought: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Import):
        for each in node.names:
            yield from _unknown(each.name, node.lineno, brought)
    elif isinstance(node, ast.ImportFrom):
        if node.level:
            yield f"Line {node.lineno}: a skill is one file; there is nothing beside it to import."
        elif any(each.name == "*" for each in node.names):
            yield f"Line {node.lineno}: import names, not *."
        else:
            yield from _unknown(node.module or "", node.lineno, brought)


def _unknown(name: str, line: int, brought: frozenset[str]) -> Iterator[str]:
    root = name.partition(".")[0]
    if root not in brought:
        yield f"Line {line}: “{root}” is neither part of Python nor among the dependencies."
