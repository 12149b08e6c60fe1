"""What is wrong with a value is said in words that a person uses."""

from html import unescape

import pytest
from django.test import Client

from controls.models import Machine
from optimizer.services.choices import parse
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.errors import Invalid


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sentence", "", "is needed"),
        ("sentence", "x" * 301, "must have at most 300 characters"),
        ("iterations_max", "two", "must be a whole number"),
        ("iterations_max", "1.5", "must be a whole number"),
        ("iterations_max", "0", "must be at least 1"),
        ("iterations_max", "21", "must be at most 20"),
        ("iterations_max", "9" * 5000, "has too many digits"),
        ("pinned", {"seed": 2**31}, "must be less than 2147483648"),
        ("end", "explode", "must be one of 'best', 'restore' or 'leave'"),
        ("colour", "red", "is not known here"),
    ],
)
def test_each_kind_of_fault_has_its_sentence(field: str, value: object, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"environment": "screen-focus", "sentence": "smaller beam", field: value})
    assert list(refused.value.fields.values()) == [said]


@pytest.mark.parametrize(("low", "said"), [("abc", "must be a number"), ("NaN", "must be a finite number")])
def test_a_range_takes_finite_numbers_only(low: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(
            {
                "environment": "screen-focus",
                "sentence": "smaller beam",
                "pinned": {"variables": {"Q1": {"low": low, "high": "5"}}, "seconds": "0"},
            }
        )
    assert refused.value.fields == {"pinned.variables.Q1.low": said, "pinned.seconds": "must be more than 0"}


@pytest.mark.django_db
def test_what_is_too_large_for_a_form_is_refused_with_the_limit_and_where_it_still_is(
    client: Client, linac: Machine, olga: User
) -> None:
    log_in(client, olga)
    megabyte = client.post("/assistant/memory/", {"text": "é" * 500_000})
    assert "must have 1 to 2000 characters" in megabyte.content.decode()
    answer = client.post("/assistant/memory/", {"text": "x" * 6_000_000})
    page = unescape(answer.content.decode())
    assert answer.status_code == 413
    assert "may have 5.0\xa0MB at most. Go back in your browser; it still has what you typed." in page
    assert "data-stop" in page
    program = client.post("/assistant/memory/", {"text": "x" * 6_000_000}, headers={"Accept": "application/json"})
    assert program.json()["code"] == "too_large"


@pytest.mark.django_db
def test_the_field_that_holds_a_nul_is_named_and_what_was_typed_stands_on_its_page_again(
    client: Client, linac: Machine, olga: User
) -> None:
    log_in(client, olga)
    page = "http://testserver/assistant/memory/"
    answer = client.post("/assistant/memory/", {"text": "a\x00b", "machine": "x"}, headers={"Referer": page})
    assert answer.status_code == 422
    assert "<b>text</b>: holds a NUL character" in answer.content.decode()
    assert 'data-kept="/assistant/memory/"' in client.get("/assistant/memory/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "//evil.example/?a=1"])
def test_the_way_back_leads_to_no_other_site(client: Client, linac: Machine, olga: User, path: str) -> None:
    """Where a path of ours begins with two slashes, the link by it alone would name a host."""
    log_in(client, olga)
    answer = client.post("/assistant/memory/", {"text": "a\x00b"}, headers={"Referer": f"http://testserver{path}"})
    assert answer.status_code == 422
    assert "evil" not in answer.content.decode()
    assert 'href="/">Overview</a>' in answer.content.decode()
