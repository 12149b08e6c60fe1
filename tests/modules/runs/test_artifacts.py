"""What a module keeps for people."""

import pytest

from agents.models import Artifact
from agents.services import artifacts
from modules.models import Run
from tests.modules.installed import Install, actor, payloads, ran
from xoptweb.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
KEEPS = f"import xopt\nreturn xopt.client().artifact('Beam size', {PNG!r}, name='size.png')"
WRONG = "import xopt\nreturn xopt.artifact('Beam size', 'no image', 'image')"


def test_a_run_keeps_an_image_that_everybody_may_see(install: Install, peter: User, vera: User) -> None:
    install(KEEPS, name="tests/keeps")
    run = ran("tests/keeps", by=actor(peter))
    assert run.state == Run.State.SUCCEEDED
    assert isinstance(run.output, dict)
    row = artifacts.find(run.output["artifact"], by=actor(vera))
    assert (row.kind, row.title, row.name, row.source, row.via) == (
        "image", "Beam size", "size.png", run.stream, "tests/keeps",
    )  # fmt: skip
    assert row.owner == peter
    assert artifacts.content(row) == PNG
    assert payloads(run, "artifact")[0]["link"] == f"/artifacts/{row.pk}/"


def test_what_is_not_of_its_kind_fails_the_run_with_the_reason(install: Install, peter: User) -> None:
    install(WRONG, name="tests/wrong")
    run = ran("tests/wrong", by=actor(peter))
    assert run.state == Run.State.FAILED
    assert "is no PNG, JPEG, GIF, WebP or SVG" in run.error
    assert not Artifact.objects.exists()
