"""TOML in and out, as JSON values."""

import json
import tomllib
from typing import Any

import tomli_w

from xoptweb.errors import Invalid


def loads(text: str, file: str) -> dict[str, Any]:
    """The content of a file called `file`.

    Raises:
        Invalid: it is no TOML, or holds something that has no JSON form: a date, infinity, NaN.
    """
    try:
        content = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise _wrong(file, f"can't be read: {error}") from None
    try:
        json.dumps(content, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise _wrong(file, f"holds something that is no text, number, list or table: {error}") from None
    return content


def dumps(content: dict[str, Any], file: str) -> str:
    """The text of a file called `file`; long texts stay readable.

    Raises:
        Invalid: something in it is empty (null), which TOML does not know.
    """
    try:
        text = tomli_w.dumps(content)
        return text if "\\r" in text else tomli_w.dumps(content, multiline_strings=True)
    except TypeError:
        raise _wrong(file, "can't be written: a value is null, or holds null, which TOML does not know") from None


def _wrong(file: str, reason: str) -> Invalid:
    return Invalid(f"{file} {reason}.", fields={file: reason})
