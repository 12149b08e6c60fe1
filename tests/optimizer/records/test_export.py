"""Evaluations in files and charts: every number as it was, and fast."""

import csv
import io
import math
from typing import Any

import pytest
import yaml
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from controls.models import Lease
from optimizer import export
from optimizer.configuration import Baseline, Configuration
from optimizer.configuration.template import Known, build
from optimizer.models import Campaign, Environment, Evaluation, Execution
from tests.optimizer.world import executing, iteration_of, request
from xoptweb.accounts.models import User

PRESENT = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
ODD = [0.1 + 0.2, 3.3e-12, 1e22, -1 / 3, 5e-324, 1.7976931348623157e308]


@pytest.fixture
def execution(demo: Environment, olga: User) -> Execution:
    campaign = request(olga)
    made = build(campaign, "optimization", Known(PRESENT, Baseline(value=371.0, error=9.0, samples=10)), seed=1)
    campaign.delete()
    return executing(olga, lease=Lease.State.RELEASED, configuration=made)


def add(execution: Execution, number: int, value: float | str, **fields: Any) -> Evaluation:
    given: dict[str, Any] = {
        "state": Evaluation.State.COMPLETED,
        "inputs": {"Q1": -20.0, "Q2": 20.0, "Q3": 0.0},
        "outputs": {"beam_size": value, "charge": 98.0},
        "objective": value if isinstance(value, float) else None,
        "feasible": True,
        "ended_at": timezone.now(),
    }
    return Evaluation(execution=execution, number=number, **(given | fields))


def campaign_of(execution: Execution) -> Campaign:
    return execution.iteration.campaign


def test_a_csv_file_keeps_every_digit(execution: Execution) -> None:
    Evaluation.objects.bulk_create(
        add(execution, number, value, inputs={"Q1": value, "Q2": 0.0, "Q3": 0.0}) for number, value in enumerate(ODD, 1)
    )
    rows = list(csv.DictReader(io.StringIO("".join(export.csv(campaign_of(execution))))))
    assert [float(row["beam_size"]) for row in rows] == ODD
    assert [float(row["Q1"]) for row in rows] == ODD
    assert rows[0]["iteration"] == "1"
    assert rows[0]["state"] == "completed"


def test_a_csv_file_says_nan_and_leaves_out_what_was_not_measured(execution: Execution) -> None:
    add(execution, 1, "nan").save()
    add(execution, 2, 1.0, state="failed", outputs={}, objective=None, code="stale", detail="=1+1").save()
    rows = list(csv.DictReader(io.StringIO("".join(export.csv(campaign_of(execution))))))
    assert math.isnan(float(rows[0]["beam_size"]))
    assert (rows[1]["beam_size"], rows[1]["code"], rows[1]["detail"]) == ("", "stale", "'=1+1")


def test_a_yaml_file_is_read_back_exactly_and_as_xopt_has_it(execution: Execution) -> None:
    values: list[float | str] = [*ODD, "nan"]
    Evaluation.objects.bulk_create(add(execution, number, value) for number, value in enumerate(values, 1))
    content = yaml.safe_load(export.yaml(campaign_of(execution)))
    assert content["vocs"]["objectives"] == {"beam_size": "MINIMIZE"}
    assert content["vocs"]["variables"]["Q1"] == [-20.0, 20.0]
    assert content["vocs"]["constraints"] == {"charge": ["GREATER_THAN", 50.0]}
    assert content["generator"]["name"] == "expected_improvement"
    column = content["data"]["beam_size"]
    assert [column[index] for index in range(len(ODD))] == ODD
    assert math.isnan(column[len(ODD)])
    assert content["data"]["xopt_error"][0] is False


def test_a_chart_has_variables_within_the_envelope(execution: Execution) -> None:
    add(execution, 1, 300.0, source="current").save()
    add(execution, 2, 1.0, state="refused", objective=None, feasible=None, outputs={}).save()
    chart = export.chart(execution.iteration)
    assert chart["evaluations"] == {
        "n": (1, 2),
        "objective": (300.0, None),
        "feasible": (True, None),
        "outcome": ("completed", "refused"),
        "variables": {"Q1": [0.0, 0.0], "Q2": [1.0, 1.0], "Q3": [0.5, 0.5]},
    }
    assert (chart["baseline"], chart["budget"]) == ({"value": 371.0, "err": 9.0}, 40)
    assert (chart["direction"], chart["log"], chart["units"]) == ("minimize", True, "µm")
    assert [each["name"] for each in chart["variables"]] == ["Q1", "Q2", "Q3"]


def test_before_there_is_a_configuration_a_chart_is_empty(demo: Environment, olga: User) -> None:
    assert export.chart(iteration_of(request(olga)))["evaluations"]["n"] == ()


def test_ten_thousand_evaluations_are_drawn_with_one_query_and_exported_whole(execution: Execution) -> None:
    Evaluation.objects.bulk_create(add(execution, number, 300.0 / number) for number in range(1, 10_001))
    with CaptureQueriesContext(connection) as queries:
        chart = export.chart(execution.iteration)
    assert len(queries) == 1
    assert len(chart["evaluations"]["variables"]["Q1"]) == 10_000
    lines = sum(1 for _ in export.csv(campaign_of(execution)))
    text = export.yaml(campaign_of(execution))
    assert (lines, text.count("\n") > 10) == (10_001, True)


def test_configurations_of_several_iterations_share_one_table(execution: Execution) -> None:
    campaign = campaign_of(execution)
    stored = Configuration.model_validate(execution.iteration.configuration)
    other = stored.model_copy(update={"variables": {"CV": stored.variables["Q1"]}})
    campaign.iterations.create(number=2, configuration=other.model_dump(mode="json"))
    head = next(iter(export.csv(campaign)))
    assert head.strip().split(",")[5:9] == ["Q1", "Q2", "Q3", "CV"]
