"""Model calls of modules, answered by a real server: traced, counted, bounded, refused without the grant."""

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agents.gateway import Completion
from modules.execution.host import Spent
from modules.services import grants
from tests.modules.installed import BY, Install, payloads, ran
from xoptweb.config import config

pytestmark = pytest.mark.django_db(transaction=True)

ASKS = 'from xopt import call_llm\nreturn call_llm(given, model="small-model")'


class Endpoint(http.server.BaseHTTPRequestHandler):
    """Answers every question with its own words, in capitals."""

    asked: list[dict[str, Any]] = []

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append(asked | {"key": self.headers["Authorization"]})
        text = asked["messages"][-1]["content"].upper()
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
        answer = {
            "id": "1",
            "object": "chat.completion",
            "created": 0,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    Endpoint.asked.clear()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("XOPTWEB_LLM_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
        monkeypatch.setenv("XOPTWEB_LLM_KEY", "the-secret")
        monkeypatch.setenv("XOPTWEB_LLM_RUN_CALLS", "2")
        config.cache_clear()
        yield Endpoint.asked
        server.shutdown()
        thread.join()
    monkeypatch.undo()
    config.cache_clear()


def test_a_question_is_answered_traced_and_counted(install: Install, endpoint: list[dict[str, Any]]) -> None:
    install(ASKS)
    run = ran(given="which magnet?")
    assert (run.state, run.output) == ("succeeded", "WHICH MAGNET?")
    assert (run.tokens_in, run.tokens_out) == (10, 5)
    call, result = payloads(run, "llm_call")[0], payloads(run, "llm_result")[0]
    assert (call["prompt"], call["prompt_length"], call["model"]) == ("which magnet?", 13, "small-model")
    assert (result["response"], result["status"], result["tokens_in"]) == ("WHICH MAGNET?", "success", 10)
    assert result["latency_s"] > 0
    assert endpoint[0]["key"] == "Bearer the-secret"


def test_what_a_run_costs_is_known_where_prices_are_set(
    install: Install, endpoint: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    install('from xopt import call_llm\nreturn [call_llm("one"), call_llm("two")]')
    assert ran().cost is None
    monkeypatch.setenv("XOPTWEB_LLM_PRICE_IN", "2")
    monkeypatch.setenv("XOPTWEB_LLM_PRICE_OUT", "8")
    config.cache_clear()
    run = ran()
    assert run.cost == pytest.approx(2 * (10 * 2 + 5 * 8) / 1_000_000)
    assert [event["cost"] for event in payloads(run, "llm_result")] == [pytest.approx(6e-5)] * 2
    run.refresh_from_db()
    assert run.cost == pytest.approx(1.2e-4)


def test_one_call_of_unknown_price_makes_the_cost_of_its_run_unknown() -> None:
    costs = []
    spent = Spent()
    for cost in (0.25, None, 0.25):
        costs.append(spent.cost)
        spent.add(Completion("yes", "m", 10, 5, 0.1, cost=cost))
    assert [*costs, spent.cost] == [None, 0.25, None, None]


def test_the_key_is_nowhere_in_the_modules_world(install: Install, endpoint: list[dict[str, Any]]) -> None:
    install("import os\nreturn sorted(os.environ)")
    names = ran().output
    assert names is not None
    assert not [name for name in names if "XOPTWEB" in name or "LLM" in name]


def test_without_the_grant_the_refusal_is_the_answer(install: Install, endpoint: list[dict[str, Any]]) -> None:
    version = install(ASKS)
    grants.set_grants(version.module, ["llm:other-model"], by=BY)
    run = ran(given="which magnet?")
    assert run.output is not None
    assert run.output.startswith("Error: LLM call failed:")
    assert "was not granted" in payloads(run, "llm_result")[0]["error"]
    grants.set_grants(version.module, ["llm:small-model"], by=BY)
    assert ran(given="again").output == "AGAIN"
    assert len(endpoint) == 1


def test_a_run_has_a_budget_of_calls_that_its_module_calls_share(
    install: Install, endpoint: list[dict[str, Any]]
) -> None:
    install(ASKS)
    install(
        'from xopt import call_llm\nimport xopt\nfirst = call_llm("one"), call_llm("two")\n'
        'return [*first, xopt.start(module="tests/small").call("three")]',
        name="tests/caller",
    )
    output = ran("tests/caller").output
    assert output is not None
    assert output[:2] == ["ONE", "TWO"]
    assert "has made its 2 model calls" in str(output[2])
    assert len(endpoint) == 2


@pytest.mark.parametrize("wrong", ['temperature="hot"', "max_tokens=-1", "messages=3"])
def test_a_request_that_makes_no_sense_reaches_no_model(
    install: Install, endpoint: list[dict[str, Any]], wrong: str
) -> None:
    install(f'from xopt import call_llm\nreturn call_llm("x", {wrong})')
    assert str(ran().output).startswith("Error: LLM call failed:")
    assert endpoint == []


def test_without_an_endpoint_the_module_is_told_so(install: Install) -> None:
    install(ASKS)
    assert "No model is configured" in str(ran(given="x").output)
