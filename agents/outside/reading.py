"""What a person would read of a page."""

import re
from html.parser import HTMLParser

from xoptweb.errors import Unavailable

TEXTS = ("text/", "application/json", "application/xml", "application/xhtml")
UNSEEN = {"script", "style", "noscript", "template", "svg", "head"}
BLOCKS = {"p", "div", "br", "li", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section", "article", "table"}
CHARSET = re.compile(r"charset=\"?([\w-]+)")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._unseen = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._unseen += tag in UNSEEN
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._unseen = max(0, self._unseen - (tag in UNSEEN))
        if tag in BLOCKS:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self.parts.append(data)


def text_of(body: bytes, content_type: str) -> str:
    """The text of a page; markup is left out.

    Raises:
        Unavailable: it is no text.
    """
    if not content_type.lower().startswith(TEXTS):
        raise Unavailable(f"That is no text but {content_type[:80] or 'of an unknown kind'}.", code="no_text")
    found = CHARSET.search(content_type.lower())
    try:
        text = body.decode(found[1] if found else "utf-8", errors="replace")
    except LookupError:
        text = body.decode("utf-8", errors="replace")
    if "html" not in content_type.lower():
        return text
    reader = _Reader()
    reader.feed(text)
    lines = (re.sub(r"[ \t\r\f\v]+", " ", line).strip() for line in "".join(reader.parts).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
