"""The N, V, W and X designs, simulated, against their Markov chains and their README."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from sim.core.units import HOUR
from sim.engine import make_plan
from sim.engine.plan import Result
from sim.experiment.replicate import simulate_once
from sim.scenario import read_scenario
from sim.theory.models import Group, Line, multi_skill
from tests.support.confidence import ALPHA, assert_ratio
from tests.support.shipped_days import SCENARIOS

RATES = {"sales": 1.2, "help": 0.8}
IN_W = {"sales": 0.7, "help": 0.8, "bills": 0.5}
LINES = {
    "n": {"sales": ["sellers", "helpers"], "help": ["helpers"]},
    "v": {"sales": ["all"], "help": ["all"]},
    "w": {"sales": ["sellers"], "help": ["helpers"], "bills": ["sellers", "helpers"]},
    "x": {"sales": ["sellers", "helpers"], "help": ["helpers", "sellers"]},
}
GROUPS = {
    "n": {"sellers": (4, ["sales"]), "helpers": (5, ["help", "sales"])},
    "v": {"all": (9, ["help", "sales"])},
    "w": {"sellers": (4, ["sales", "bills"]), "helpers": (5, ["help", "bills"])},
    "x": {"sellers": (4, ["sales", "help"]), "helpers": (5, ["help", "sales"])},
}
README = {  # per cent that give up: sales, help, bills, all
    "n": (9.4, 17.1, None, 12.5),
    "v": (12.8, 7.9, None, 10.8),
    "w": (22.4, 13.0, 8.0, 15.0),
    "x": (11.2, 10.3, None, 10.8),
}
Counted = tuple[NDArray[np.float64], NDArray[np.float64]]  # in each replication: who gave up, of how many


def exact(design: str) -> dict[str, float]:
    """Return who gives up in the long run, of each kind and of all."""
    rates = IN_W if design == "w" else RATES
    lines = {name: Line(arrival_rate=rates[name], patience_mean=2, asks=asks) for name, asks in LINES[design].items()}
    groups = {
        name: Group(agents=agents, serves=dict.fromkeys(serves, 4)) for name, (agents, serves) in GROUPS[design].items()
    }
    shares = {name: line.p_abandon for name, line in multi_skill(lines=lines, groups=groups).lines.items()}
    return shares | {"all": sum(rates[name] * share for name, share in shares.items()) / sum(rates.values())}


@cache
def simulated(design: str, *changes: str) -> dict[str, Counted]:
    """Count who gives up after the first hour, which begins empty, for each kind and for all."""
    scenario = read_scenario(SCENARIOS / "skills_designs" / f"{design}.yaml", changes)
    plan = make_plan(scenario)
    logs = [simulate_once(plan, scenario.run.seed, number)[1] for number in range(scenario.run.replications)]

    def count(queues: list[int]) -> Counted:
        masks = [np.isin(plan.step_queue[log.step], queues) & (log.began >= HOUR) for log in logs]
        gone = [int((log.result[at] == Result.ABANDONED).sum()) for log, at in zip(logs, masks, strict=True)]
        return np.array(gone, dtype=np.float64), np.array([at.sum() for at in masks], dtype=np.float64)

    queues_by_name = {name: [number] for number, name in enumerate(plan.queues)} | {
        "all": list(range(len(plan.queues)))
    }
    return {name: count(queues) for name, queues in queues_by_name.items()}


def gives_up(design: str, measure: str, *changes: str) -> float:
    """Return the simulated share of those who give up."""
    gone, offered = simulated(design, *changes)[measure]
    return float(gone.sum() / offered.sum())


@pytest.mark.parametrize("design", sorted(README))
def test_the_table_of_the_readme_is_exact(design: str) -> None:
    wanted = {
        name: value for name, value in zip(("sales", "help", "bills", "all"), README[design], strict=True) if value
    }
    assert {name: round(100 * share, 1) for name, share in exact(design).items()} == wanted


@pytest.mark.parametrize("design", sorted(README))
def test_the_simulated_design_gives_what_its_chain_gives(design: str) -> None:
    truth = exact(design)
    for measure, counted in simulated(design).items():
        assert_ratio(truth[measure], *counted, name=f"{design}: {measure}", alpha=ALPHA, measures=13, resolution=0.5)


def test_a_helper_kept_back_is_for_help() -> None:
    kept = "queues.sales.agents=[sellers, {group: helpers, idle: 1}]"
    assert gives_up("n", "help", kept) < gives_up("n", "help") - 0.02
    assert gives_up("n", "sales", kept) > gives_up("n", "sales") + 0.02


def test_slow_helpers_cost_everybody_something() -> None:
    slow, too = "agents.helpers.serves.sales.aht=1.3", "agents.sellers.serves.help.aht=1.3"
    for measure in ("sales", "help"):
        assert gives_up("n", measure, slow) > gives_up("n", measure) + 0.003
    assert gives_up("x", "all", slow, too) > gives_up("x", "all") + 0.02
