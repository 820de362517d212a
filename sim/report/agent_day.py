"""A figure of one agent's day, span by span; as a program, it draws the first agent of a scenario.

python -m sim.report.agent_day docs/agent-day > docs/agent-day/day.svg
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MultipleLocator

from sim.core.units import HOUR, clock
from sim.engine import make_plan, reference
from sim.kpis.timeline.agent_spans import AgentSpan, AgentState, agent_spans
from sim.population import draw_population
from sim.report.figure import COLOURS, QUIET, drawing
from sim.scenario import read_scenario

__all__ = ["draw_agent_day", "first_agent"]

_LANES = ("there", "does", "has aside")
_LANE_OF = {AgentState.PRESENT: 0, AgentState.ASIDE: 2}  # all others: what the agent does
_COLOUR_OF = {
    AgentState.PRESENT: QUIET,
    AgentState.RINGING: COLOURS[1],
    AgentState.SERVING: COLOURS[0],
    AgentState.STAYING: COLOURS[4],
    AgentState.WRAPPING: COLOURS[2],
    AgentState.ASIDE: COLOURS[3],
    AgentState.RESTING: COLOURS[5],
    AgentState.IDLE: "#DDE1E6",
}


def draw_agent_day(spans: Sequence[AgentSpan]) -> str:
    """Draw the spans of one agent, at least one, as SVG.

    Parameters
    ----------
    spans
        As `sim.kpis.timeline.agent_spans` gives them.
    """
    with drawing("agent-day", "What one agent does over a day", 9.0, 2.7) as chart:
        axes = chart.figure.add_subplot()
        for span in spans:
            lane, begin, hours = _LANE_OF.get(span.state, 1), span.begin / HOUR, (span.end - span.begin) / HOUR
            axes.barh(lane, hours, left=begin, height=0.7, color=_COLOUR_OF[span.state])
        axes.set_yticks(range(len(_LANES)), _LANES)
        axes.invert_yaxis()
        axes.grid(axis="y", visible=False)
        axes.xaxis.set_major_locator(MultipleLocator(0.25))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda hour, _: clock(round(hour * HOUR))))
        drawn = {span.state for span in spans}
        patches = [Patch(color=colour, label=state.value) for state, colour in _COLOUR_OF.items() if state in drawn]
        chart.figure.legend(handles=patches, loc="outside lower center", ncols=len(patches))
    return chart.svg


def first_agent(folder: Path) -> list[AgentSpan]:
    """Simulate a scenario, and return the spans of the first agent of its first group.

    Parameters
    ----------
    folder
        Of the scenario.
    """
    scenario = read_scenario(folder)
    plan = make_plan(scenario)
    log = reference.run(plan, draw_population(plan.demand(), scenario.run.seed, 0))
    return [span for span in agent_spans(plan, log) if (span.group, span.agent) == (0, 0)]


if __name__ == "__main__":
    sys.stdout.write(draw_agent_day(first_agent(Path(sys.argv[1]))))
