"""The page of one agent's day: its figure and its table are those of its scenario."""

from __future__ import annotations

import re
import runpy
import sys

import pytest

from sim.core.units import DAY
from sim.kpis.timeline.agent_spans import AgentState
from sim.report.agent_day import draw_agent_day, first_agent
from tests.support.documentation import ROOT

FOLDER = ROOT / "docs" / "agent-day"
PAGE = (ROOT / "docs" / "agent-day.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (\d\d:\d\d:\d\d) \| (\d\d:\d\d:\d\d) \| (\w+) \|", PAGE, flags=re.MULTILINE)


def of_the_clock(instant: float) -> str:
    seconds = round(instant % DAY)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def test_the_table_has_every_span() -> None:
    spans = {(of_the_clock(span.begin), of_the_clock(span.end), span.state.value) for span in first_agent(FOLDER)}
    assert len(ROWS) == len(spans)
    assert set(ROWS) == spans
    assert {state for _, _, state in ROWS} == set(AgentState)


def test_the_figure_is_drawn_anew(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["agent_day", str(FOLDER)])
    sys.modules.pop("sim.report.agent_day", None)
    runpy.run_module("sim.report.agent_day", run_name="__main__")
    assert (FOLDER / "day.svg").read_text(encoding="utf-8") == capsys.readouterr().out, "run: make docs"


def test_only_what_is_there_is_drawn() -> None:
    spans = [span for span in first_agent(FOLDER) if span.state != AgentState.RESTING]
    assert "resting" not in draw_agent_day(spans)
    assert "wrapping" in draw_agent_day(spans)
