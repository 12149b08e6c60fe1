"""What a model writes is shown, and can do nothing."""

import re

import pytest

from agents.presentation.markdown import rendered


def test_words_lists_tables_and_code_are_shown_as_such() -> None:
    html = rendered("# So\n\n**Q1** is `12`:\n\n- one\n\n| a | b |\n|--:|---|\n| 1 | 2 |\n", [])
    for part in ("<h4>So</h4>", "<strong>Q1</strong>", "<code>12</code>", "<li>one</li>", "<td>1</td>"):
        assert part in html
    assert "style" not in html


def test_a_link_is_followed_only_where_a_tool_gave_it() -> None:
    text = "[one](/campaigns/1/) [two](/campaigns/2/) [evil](https://evil.example/?q=secret) [js](javascript:alert(1))"
    html = rendered(text, ["/campaigns/1/"])
    assert '<a href="/campaigns/1/">one</a>' in html
    assert html.count("<a ") == 1
    assert "(https://evil.example/?q=secret)" in html
    assert 'href="javascript' not in html


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "![x](https://evil.example/x.png)",
     "<a href='/campaigns/1/' onclick='x()'>a</a>", "[a](/campaigns/1/ \"t\\\" onmouseover=x\")"],
)  # fmt: skip
def test_markup_and_images_are_text(text: str) -> None:
    html = rendered(text, ["/campaigns/1/"])
    assert not re.findall(r'<(?!/?(p|span|small|a)>|a href="/campaigns/1/">|(span|small) class="[a-z-]+">)', html)


def test_characters_that_deceive_are_written_out() -> None:
    assert "\\u202e" in rendered("safe \u202e evil", [])
