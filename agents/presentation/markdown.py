"""What a model wrote, as HTML that can do no harm: no markup of its own, no images, no links but those tools gave."""

from collections.abc import Collection, MutableMapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any

from django.utils.safestring import SafeString
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from xoptweb.web.values import visible


def rendered(text: str, links: Collection[str]) -> SafeString:
    """`links` are the addresses here that may be followed; any other stands beside its words, to be read."""
    html: str = _markdown().render(visible(text), {"links": frozenset(links), "open": []})
    return SafeString(html)  # the renderer escapes all text, and knows no markup


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    made = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    made.enable("table").disable(["image", "html_block", "html_inline"])
    made.add_render_rule("link_open", _link_open)
    made.add_render_rule("link_close", _link_close)
    for cell in ("th_open", "td_open"):
        made.add_render_rule(cell, _cell)
    for heading in ("heading_open", "heading_close"):
        made.add_render_rule(heading, _heading)
    return made


def _link_open(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    address = str(tokens[at].attrGet("href") or "")
    known = address in env["links"]
    env["open"].append("" if known else address)
    return f'<a href="{escape(address)}">' if known else '<span class="no-link">'


def _link_close(
    self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]
) -> str:
    address = env["open"].pop()
    return f'</span> <small class="faint">({escape(address)})</small>' if address else "</a>"


def _cell(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """Without the style that alignment would need: styles are not allowed."""
    return f"<{tokens[at].tag}>"


def _heading(self: RendererHTML, tokens: Sequence[Token], at: int, options: Any, env: MutableMapping[str, Any]) -> str:
    """The page has its own headings; those of an answer stand below them."""
    return "<h4>" if tokens[at].nesting == 1 else "</h4>"
