"""Texts are compared line by line, whoever wrote them."""

from xoptweb.web.difference import _compared, lines


def test_what_differs_inside_of_a_line_is_told_word_by_word() -> None:
    dropped, added = (line for line in lines("one\nbe brief", "one\nbe clear") if line.manner)
    assert [part.text for part in dropped.parts if part.changed] == ["brief"]
    assert [part.text for part in added.parts if part.changed] == ["clear"]


def test_long_texts_whose_lines_are_all_alike_are_not_compared_each_with_each() -> None:
    """9 000 lines of a skill that a model proposed would hold up the page of whoever decides on it for minutes."""
    alike = ["x"] * 9000
    assert not vars(_compared(alike, ["y", *alike]))["b2j"].get("x")
    assert {line.manner for line in lines("\n".join(alike), "y\n" + "\n".join(alike))} >= {"add"}
