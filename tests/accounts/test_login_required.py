"""Without a login there is nothing to see, and what is on the screen stays as it is."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_a_page_leads_to_the_login(client: Client) -> None:
    answer = client.get("/campaigns/")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=/campaigns/"


@pytest.mark.parametrize("part", ["/parts/machines/", "/parts/rail/", "/campaigns/"])
def test_a_part_of_a_page_is_never_replaced_by_the_login_page(client: Client, part: str) -> None:
    answer = client.get(part, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert b"<form" not in answer.content
