"""From where something that was remembered came, in words."""


def origin(source: str) -> str:
    """`conversation:7` → “in conversation 7”; what people wrote on the page itself was written here."""
    kind, _, number = source.partition(":")
    if kind == "page":
        return "written here"
    return f"in {kind} {number}" if number else kind
