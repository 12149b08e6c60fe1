"""What `make bench` makes of its figures."""

import math
from pathlib import Path

import pytest

from bench import __main__ as bench
from bench import document, table
from bench.figures import Figure, median, quantile
from bench.readings import READINGS

HELD = Figure("stop", "a figure that holds", 12.34, "ms", 100, 5.0, "a rival")
MISSED = Figure("stop", "a figure that does not", 101.0, "ms", 100)
NEVER = Figure("stop", "what never came", math.inf, "ms", 100)


def test_a_quantile_is_a_value_that_so_many_do_not_exceed() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert (quantile(values, 0.95), quantile(values, 0.99), median(values)) == (95, 99, 50)
    assert quantile([7.0], 0.99) == 7
    assert quantile([], 0.5) == math.inf


def test_a_figure_holds_up_to_its_target() -> None:
    assert HELD.ok
    assert not MISSED.ok
    assert not NEVER.ok
    assert Figure("stop", "without a target", 1e9, "ms").ok


def test_the_table_says_what_was_missed() -> None:
    shown = table.text([HELD, MISSED, NEVER]).splitlines()
    assert " ".join(shown[2].split()) == "a figure that holds 12.3 ms ≤ 100 ms 5 ms a rival holds"
    assert shown[3].endswith("MISSED")
    assert "never" in shown[4]


def test_every_part_can_be_read_in_the_document() -> None:
    parts = {path.stem for path in Path(bench.__file__).parent.glob("parts/[!_]*.py")}
    assert parts == set(READINGS)
    text = document.text({name: [HELD] for name in READINGS}, load_before=0.1)
    assert all(title in text for title, _ in READINGS.values())


@pytest.mark.parametrize(("figure", "status"), [(HELD, 0), (MISSED, 1)])
def test_a_missed_target_is_an_error(
    figure: Figure, status: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "measured", lambda name, directory: [figure])
    monkeypatch.setattr(bench, "ROOT", tmp_path)
    monkeypatch.setattr(bench, "DOCUMENT", tmp_path / "benchmarks.md")
    assert bench.main([]) == status
    assert figure.name in capsys.readouterr().out
    assert figure.name in (tmp_path / "benchmarks.md").read_text()


def test_a_part_that_breaks_is_a_missed_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READINGS, "broken", ("A part that is not there", ""))
    (figure,) = bench.measured("broken", tmp_path / "home")
    assert not figure.ok
    assert "could not be measured" in figure.name
