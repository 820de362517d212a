"""The compiled pass over a log against its plain twin, and against declarations in another order."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sim.engine import Log, Plan, compiled, make_plan
from sim.engine.reference import run
from sim.kpis import measure
from sim.kpis.aggregate.aggregation import Aggregation
from sim.kpis.aggregate.contacts import Contacts
from sim.kpis.aggregate.customers import Customers
from sim.kpis.aggregate.declaration import flags_of, sums_of
from sim.kpis.aggregate.journeys import Journeys
from sim.kpis.aggregate.plain import PlainAggregation
from sim.kpis.aggregate.tables import CellTable
from sim.population import Population, draw_population
from sim.scenario import Scenario, read_scenario
from tests.support.kpi_days import make_log, make_population, random_day
from tests.support.kpi_days import make_plan as small_plan
from tests.support.random_scenarios import interrupting, on_whole_seconds, scenarios, transferring

TRIES = int(os.environ.get("SOJOURN_FUZZ", "100"))
TABLES = {Contacts: "contacts", Journeys: "journeys", Customers: "customers"}
STORES = {Contacts: "waits", Journeys: "durations"}
DAYS = st.tuples(st.integers(0, 2**32), st.integers(0, 40))


def cells_of(table: CellTable, declaration: Any) -> list[tuple[tuple[frozenset[str], int], dict[str, float]]]:
    """Return the cells of a compiled table, each with its sums and its number of records, in their order."""
    columns = table.columns()
    names = [frozenset(name for name in flags_of(declaration) if columns[name][i]) for i in range(len(table.number))]
    sums = [
        {"number": float(table.number[i])} | {name: float(columns[name][i]) for name in sums_of(declaration)}
        for i in range(len(table.number))
    ]
    return list(zip(zip(names, table.codes.tolist(), strict=True), sums, strict=True))


def assert_twins(plan: Plan, population: Population, log: Log) -> set[str]:
    """Assert that both passes agree exactly; return the flags that some record has, and the sums that are not 0."""
    quick, plain = Aggregation(plan), PlainAggregation(plan, population, log)
    quick.add(population, log)
    recorded = set()
    for declaration, name in TABLES.items():
        cells = cells_of(getattr(quick, name), declaration)
        assert cells == [(cell, dict(sums)) for cell, sums in plain.cells.get(declaration, {}).items()]
        if declaration in STORES:
            parts = getattr(quick, STORES[declaration])
            values = [(value, cells[cell][0]) for part in parts for value, cell in zip(*part, strict=True)]
            assert values == getattr(plain, STORES[declaration])
        for (flags, _), sums in cells:
            recorded |= {f"{name}.{flag}" for flag in flags} | {f"{name}.{sum_}" for sum_ in sums if sums[sum_]}
    for name in ("results", "moves", "moods", "tries", "failures"):
        assert np.array_equal(getattr(quick, name), getattr(plain, name)), name
    return recorded


def test_twins_agree_on_a_small_day() -> None:
    assert_twins(small_plan(), make_population(), make_log())


@pytest.mark.slow
@settings(max_examples=TRIES, deadline=None)
@given(DAYS)
def test_twins_agree_on_impossible_days(day: tuple[int, int]) -> None:
    assert_twins(small_plan(), *random_day(*day))


@pytest.mark.slow
def test_twins_agree_on_random_scenarios() -> None:
    recorded: set[str] = set()

    def agree(data: dict[str, Any], warms_up: bool) -> None:
        scenario = Scenario.model_validate(data)
        plan = make_plan(scenario)
        plan = replace(plan, warm_up=plan.interval if warms_up else 0.0)
        population = on_whole_seconds(draw_population(plan.demand(), scenario.run.seed, 0))
        recorded.update(assert_twins(plan, population, run(plan, population)))

    unhurried = settings(deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    for days, share in ((scenarios(), 1.0), (transferring(), 0.5), (interrupting(), 1.0)):
        settings(unhurried, max_examples=int(TRIES * share))(given(days, st.booleans())(agree))()
    assert recorded >= {"contacts.interrupted", "contacts.stay"}
    names = {f"{TABLES[cls]}.{name}" for cls in TABLES for name in (*flags_of(cls), *sums_of(cls))}
    assert len(names - recorded) < 8, names - recorded


@pytest.mark.slow
@pytest.mark.parametrize("path", sorted(Path("scenarios").glob("*/*.yaml")), ids=lambda path: path.parent.name)
def test_twins_agree_on_every_shipped_scenario(path: Path) -> None:
    plan = make_plan(read_scenario(path))
    population = draw_population(plan.demand(), 7, 0)
    log = compiled.run(plan, population)
    few = log.customer < 400
    assert_twins(plan, population, Log(**log.rows(few)))


REVERSED = """
import dataclasses

in_order = dataclasses.fields
dataclasses.fields = lambda cls: in_order(cls)[:: -1 if cls.__module__.startswith("sim.kpis.aggregate") else 1]
from sim.kpis.aggregate.contacts import IS
from tests.kpis.test_aggregate import digest

assert IS.first_handled == 1
print(digest())
"""


def digest() -> str:
    """Return a hash of the KPIs of some days."""
    days = [(make_population(), make_log()), *(random_day(seed, 40) for seed in range(5))]
    measures = [measure(small_plan(), *day) for day in days]
    return sha256(b"".join(values.tobytes() for day in measures for values in (day.num, day.den))).hexdigest()


@pytest.mark.slow
def test_the_order_of_a_declaration_means_nothing(tmp_path: Path) -> None:
    """In a process of its own, with compiled functions of its own, flags and sums are declared in reverse."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    command = [sys.executable, "-c", REVERSED]
    output = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
    assert output.split()[-1] == digest()
