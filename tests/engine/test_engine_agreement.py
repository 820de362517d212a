"""Both engines give the same log, event for event.

``SOJOURN_FUZZ=5000`` tries more random scenarios than a default run does.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from sim.engine import Log, Plan, make_plan
from sim.engine.compiled import run as compiled
from sim.engine.log import TABLES, Table, columns_of
from sim.engine.plan import Result
from sim.engine.reference import run as reference
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.random_scenarios import interrupting, on_whole_seconds, scenarios

SHIPPED = sorted(Path("scenarios").glob("*/*.yaml"))
NOTIFYING = frozenset({("Pause", "notify")})
TRIES = int(os.environ.get("SOJOURN_FUZZ", "250"))


def differences(log: Log, other: Log) -> list[str]:
    """Return a sentence for each column that differs: how often, and where first."""
    tables = [(log, other), *((getattr(log, name), getattr(other, name)) for name in TABLES)]
    return [sentence for mine, others in tables for sentence in _differences(mine, others)]


def _differences(table: Table, other: Table) -> Iterator[str]:
    name_of_table, keys = type(table).__name__, [name for name in table.order if getattr(table, name).dtype.kind == "i"]
    if len(table) != len(other):
        yield f"{name_of_table}: {len(table)} rows and {len(other)}"
        return
    for name in columns_of(type(table)):
        a, b = getattr(table, name), getattr(other, name)
        assert a.dtype == b.dtype, name
        differs = np.flatnonzero(~((a == b) | ((a != a) & (b != b))))  # noqa: PLR0124 - NaN is like NaN here
        if len(differs):
            row = differs[0]
            whose = ", ".join(f"{key} {getattr(table, key)[row]}" for key in keys)
            yield f"{name_of_table}.{name}: {len(differs)} differ; {whose}: {a[row]} and {b[row]}"


def both(plan: Plan, population: Population) -> Log:
    log = reference(plan, population)
    assert not differences(log, compiled(plan, population))
    return log


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}/{path.stem}")
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_on_every_shipped_scenario(path: Path, seed: int) -> None:
    plan = make_plan(read_scenario(path))
    assert len(both(plan, draw_population(plan.demand(), seed, 3))) > 1000


@pytest.mark.slow
def test_on_random_scenarios_full_of_ties() -> None:
    """Every kind of result must have been seen, and interruptions, or the test has compared too little."""
    seen: Counter[int] = Counter()
    interruptions = 0

    @settings(deadline=None, max_examples=TRIES, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(scenarios() | scenarios(NOTIFYING) | interrupting())
    def agree(data: dict[str, Any]) -> None:
        nonlocal interruptions
        plan = make_plan(Scenario.model_validate(data))
        log = both(plan, on_whole_seconds(draw_population(plan.demand(), 7, 1)))
        seen.update(log.result.tolist())
        interruptions += len(log.interruptions)

    agree()
    assert interruptions > 50, interruptions
    assert set(seen) == {int(result) for result in Result}, seen
