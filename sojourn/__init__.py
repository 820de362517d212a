"""Sojourn: simulate customers' journeys, and load-test the service that orchestrates them with the same customers.

>>> import sojourn
>>> scenario = sojourn.read_scenario("scenarios/retail_bank", ["agents.phone.staff=+1"])
>>> plan = sojourn.make_plan(scenario)
>>> population, log = sojourn.simulate_once(plan, seed=7, replication=0)
>>> measures = sojourn.measure(plan, population, log)

Each name is imported at its first use, so that the command line starts quickly.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any
from warnings import warn

if TYPE_CHECKING:
    from loadtests.trace.build import trace_of as trace_of
    from sim.core.errors import CannotWrite as CannotWrite
    from sim.core.errors import InvalidInput as InvalidInput
    from sim.core.errors import SojournError as SojournError
    from sim.engine import Log as Log
    from sim.engine import Plan as Plan
    from sim.engine import make_plan as make_plan
    from sim.experiment.estimate import compare as compare
    from sim.experiment.replicate import replicate as replicate
    from sim.experiment.replicate import simulate_once as simulate_once
    from sim.experiment.workers import on_cluster as on_cluster
    from sim.kpis import measure as measure
    from sim.kpis import select_kpis as select_kpis
    from sim.population import Population as Population
    from sim.population import draw_population as draw_population
    from sim.scenario import Scenario as Scenario
    from sim.scenario import read_scenario as read_scenario
    from sim.scenario import schema as schema
    from sojourn.api.comparison import compare_scenarios as compare_scenarios
    from sojourn.api.comparison import whatif as whatif
    from sojourn.api.duel import duel as duel
    from sojourn.api.load_test import load_test as load_test
    from sojourn.api.migration import migrate as migrate
    from sojourn.api.plan_frontier import plan_frontier as plan_frontier
    from sojourn.api.plan_verification import verify_plan as verify_plan
    from sojourn.api.rosters import make_roster as make_roster
    from sojourn.api.service_plan import plan_service as plan_service
    from sojourn.api.simulation import run as run
    from sojourn.api.staffing import find_staffing as find_staffing
    from sojourn.api.sweeps import sweep as sweep
    from sojourn.api.validation import validate as validate
    from sojourn.api.verdicts import judge as judge
    from sojourn.api.verdicts import keep_baseline as keep_baseline

_NAMES = {  # by the module that defines them
    "loadtests.trace.build": ("trace_of",),
    "sim.core.errors": ("CannotWrite", "InvalidInput", "SojournError"),
    "sim.engine": ("Log", "Plan", "make_plan"),
    "sim.experiment.estimate": ("compare",),
    "sim.experiment.replicate": ("replicate", "simulate_once"),
    "sim.experiment.workers": ("on_cluster",),
    "sim.kpis": ("measure", "select_kpis"),
    "sim.population": ("Population", "draw_population"),
    "sim.scenario": ("Scenario", "read_scenario", "schema"),
    "sojourn.api.comparison": ("compare_scenarios", "whatif"),
    "sojourn.api.duel": ("duel",),
    "sojourn.api.load_test": ("load_test",),
    "sojourn.api.migration": ("migrate",),
    "sojourn.api.plan_frontier": ("plan_frontier",),
    "sojourn.api.plan_verification": ("verify_plan",),
    "sojourn.api.rosters": ("make_roster",),
    "sojourn.api.service_plan": ("plan_service",),
    "sojourn.api.simulation": ("run",),
    "sojourn.api.sweeps": ("sweep",),
    "sojourn.api.staffing": ("find_staffing",),
    "sojourn.api.validation": ("validate",),
    "sojourn.api.verdicts": ("judge", "keep_baseline"),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}
_RENAMED = {"load": "read_scenario"}  # deprecated names
__all__ = [  # noqa: PLE0604 - the keys are the names
    *_HOME,
]


def __getattr__(name: str) -> Any:
    if name in _RENAMED:
        warn(f"sojourn.{name} is deprecated; use sojourn.{_RENAMED[name]}", DeprecationWarning, stacklevel=2)
        return __getattr__(_RENAMED[name])
    if name not in _HOME:
        raise AttributeError(f"module 'sojourn' has no attribute {name!r}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
