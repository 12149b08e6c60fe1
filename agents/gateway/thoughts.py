"""What a model thinks before it answers, where an endpoint leaves that in the answer."""

import re

BEGIN = "<think>"
THOUGHT = re.compile(r"\s*<think>.*?</think>|.*?\n</think>\n", re.DOTALL)  # the template may have written its beginning


def without(text: str) -> tuple[str, bool]:
    """The answer alone, and whether there was a thought. A thought without an end leaves no answer."""
    thought = THOUGHT.match(text)
    if thought is not None:
        return text[thought.end() :], True
    return ("", True) if text.lstrip().startswith(BEGIN) else (text, False)
