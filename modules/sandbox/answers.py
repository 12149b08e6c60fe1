"""What an interpreter answers. Code of a model can forge it, so it is checked like anything from outside."""

from base64 import b64decode
from binascii import Error
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field


def _decoded(value: Any) -> bytes:
    try:
        return b64decode(value, validate=True)
    except (Error, TypeError, ValueError) as error:
        raise ValueError("is not base64") from error


Content = Annotated[bytes, BeforeValidator(_decoded)]
LONGEST = 10_000


class Figure(BaseModel):
    title: str = Field("", max_length=200)
    png: Content


class Answer(BaseModel):
    """`calls` is how many the interpreter has answered, this one included."""

    value: str | None = Field(None, max_length=LONGEST)
    error: str = Field("", max_length=LONGEST)
    exit_code: int | None = None
    table: dict[str, Any] | None = None
    figures: list[Figure] = Field([], max_length=20)
    files: dict[str, Content] = Field({}, max_length=200)
    removed: list[str] = Field([], max_length=200)
    kept_out: list[str] = Field([], max_length=100)
    calls: int = Field(ge=1)
