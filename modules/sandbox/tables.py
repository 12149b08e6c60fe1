"""Looking at Parquet files, for the floor below: registered when the app starts."""

from typing import Any


def look_at_table(content: bytes, arguments: dict[str, Any]) -> dict[str, Any]:
    """As `modules.sandbox.running.look_at_table`."""
    from modules.sandbox import running  # only who looks at one loads what that needs

    return running.look_at_table(content, arguments)
