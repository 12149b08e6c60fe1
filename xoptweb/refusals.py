"""What is wrong with a value, as a person says it."""

from pydantic_core import ErrorDetails

SENTENCES = {
    "missing": "is needed",
    "string_too_short": "is needed",
    "string_too_long": "must have at most {max_length} characters",
    "finite_number": "must be a finite number",
    "bool_parsing": "must be yes or no (true or false)",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "has too many digits",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be one of {expected}",
    "extra_forbidden": "is not known here",
}


def in_words(error: ErrorDetails) -> str:
    """One error of a `pydantic.ValidationError`; what has no sentence of its own keeps Pydantic's words."""
    sentence = SENTENCES.get(error["type"])
    if sentence is None:
        return error["msg"]
    return sentence.format(**{name: _plain(part) for name, part in error.get("ctx", {}).items()})


def _plain(bound: object) -> object:
    """A whole number without the decimals of its type."""
    return int(bound) if isinstance(bound, float) and bound.is_integer() else bound
