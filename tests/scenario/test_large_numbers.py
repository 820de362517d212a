"""Numbers that no run has are refused with sentences, wherever whole numbers stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.core.errors import InvalidInput
from sim.core.headcounts import rounded
from sim.scenario import read_scenario
from tests.support.minimal_scenario import MINIMAL

LARGE = "1" + "0" * 40


@pytest.mark.parametrize(
    "change",
    [
        f"queues.calls.capacity={LARGE}",
        f"queues.calls.balk=[{{waiting: {LARGE}, probability: 20 %}}]",
        f"queues.calls.agents=[{{group: desk, waiting: {LARGE}}}]",
        f"queues.calls.agents=[{{group: desk, idle: {LARGE}}}]",
        f"lines.trunk={{channels: [voice], capacity: {LARGE}}}",
        f"demand.events=[{{hours: 08:00-09:00, days: [{LARGE}], times: 2}}]",
    ],
)
def test_a_number_of_forty_digits_is_refused(change: str, tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(InvalidInput, match="less than or equal to"):
        read_scenario(tmp_path / "desk.yaml", [change])


def test_a_run_ends_before_the_calendar_does(tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(InvalidInput, match="it goes on after the year 9999"):
        read_scenario(tmp_path / "desk.yaml", ["run.start=2025-03-24", "run.drain=1e300"])


def test_a_headcount_of_any_size_is_rounded() -> None:
    assert float(rounded(1e300)) == 1e300


@pytest.mark.parametrize("agents", ["0", "-8", "0.5", "-1" + "0" * 390])
def test_a_shift_of_nobody_is_refused(agents: str, tmp_path: Path) -> None:
    (tmp_path / "desk.yaml").write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"agents are none: a shift has 1 or more"):
        read_scenario(tmp_path / "desk.yaml", [f"agents.desk.shifts=[{{agents: {agents}, hours: 08:00-16:00}}]"])
