"""The integrated way: shifts chosen against simulated service, from the roster that covers requirements."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from sim.core import interrupts
from sim.engine import Plan, make_plan
from sim.engine.expected_visits import expected_visits
from sim.experiment.replicate import choose_engine
from sim.experiment.staffing import Target
from sim.experiment.staffing.evaluation import outcome_on, requirements_of
from sim.experiment.staffing.verification import verify_plan
from sim.population import draw_population
from sim.report.roster_folder import scenario_shifts
from sim.roster import Duty, Roster
from sim.roster.check import broken_rules, coverage_of
from sim.roster.improvement import Improved, cost_of, improve_duties
from sim.scenario import Scenario
from sim.scenario.resources import Agents, Shift

__all__ = ["Integrated", "integrate", "with_shifts"]

_TOUCHPOINTS = 60_000.0  # of all days of the search
_FEWEST, _MOST = 10, 100  # days of the search
_EVALUATIONS = 500
_MARGINS = (1.0, 2.0, 3.0)  # standard errors that each requirement keeps, or as much as the roster had before
_FIRST = 2_000_000  # replication of the first day on which a margin is judged; others are kept for the verification


@dataclass(frozen=True, eq=False)
class Integrated:
    """Shifts chosen against simulated service.

    Parameters
    ----------
    roster
        With these shifts; what was needed is that of the requirements, and they have no lower bound.
    cost, cost_before
        Of paid hours and different shifts, with these and with the shifts that cover the requirements.
    evaluations
        How many rosters were simulated.
    days
        Replications of each.
    """

    roster: Roster
    cost: float
    cost_before: float
    evaluations: int
    days: int

    def as_dict(self) -> dict[str, Any]:
        """Return what was found, JSON-able."""
        return {
            "cost": self.cost,
            "cost_of_two_steps": self.cost_before,
            "simulated_rosters": self.evaluations,
            "days": self.days,
            "broken_rules": list(self.roster.broken),
            "shifts": len(self.roster.duties),
            "paid_hours": sum(duty.paid_hours for duty in self.roster.duties),
        }


def integrate(
    scenario: Scenario,
    roster: Roster,
    targets: Sequence[Target],
    *,
    seed: int,
    processes: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Integrated:
    """Change a roster as long as it gets cheaper and simulated targets hold.

    Parameters
    ----------
    scenario
        Of the groups.
    roster
        Where to begin; it is returned if nothing cheaper holds on days of its own.
    targets
        What is to hold.
    seed, processes
        Of the simulations.
    progress
        Called with the number of rosters simulated, and the most that will be.
    """
    judge = _Judge(scenario, roster, targets, seed, processes or os.cpu_count() or 1)
    evaluations, before = 0, roster.duties
    best: Improved | None = None
    for number, margin in enumerate(_MARGINS):
        try:
            improved = improve_duties(
                roster,
                judge.with_margin(margin),
                evaluations=_EVALUATIONS,
                progress=partial(_report, progress, evaluations),
            )
            evaluations += improved.evaluations
            holds = judge.holds(improved.duties, number)
        except KeyboardInterrupt:
            if interrupts.none_came():
                raise
            break  # what was found is not verified, so the roster stays
        if holds or improved.duties == before:
            best = improved
            break
    duties = before if best is None else best.duties
    own = _with_duties(roster, duties)
    cost, cost_before = (cost_of(each.duties, roster.rules) for each in (own, roster))
    return Integrated(own, cost, cost_before, evaluations, judge.days)


def _report(progress: Callable[[int, int], None], before: int, _cost: float, evaluations: int) -> None:
    progress(before + evaluations, len(_MARGINS) * _EVALUATIONS)


class _Judge:
    """Simulates duties on customers drawn once, and says what targets lack."""

    def __init__(self, scenario: Scenario, roster: Roster, targets: Sequence[Target], seed: int, workers: int) -> None:
        self.scenario, self.roster, self.targets, self.seed, self.workers = scenario, roster, targets, seed, workers
        plan = self._plan(roster.duties)
        self.engine, _ = choose_engine(plan, "auto")
        visits = max(float(expected_visits(plan).sum()), 1.0)
        self.days = int(np.clip(_TOUCHPOINTS / visits, _FEWEST, _MOST))
        self.requirements = requirements_of(plan, targets)
        self.populations = [draw_population(plan.demand(), seed, number) for number in range(self.days)]
        outcome = self._outcome(plan)
        self.slack, self.deviation = outcome.slack, outcome.slack_by_day.std(axis=0) * np.sqrt(self.days)

    def _plan(self, duties: Sequence[Duty]) -> Plan:
        return make_plan(with_shifts(self.scenario, _with_duties(self.roster, tuple(duties))))

    def _outcome(self, plan: Plan) -> Any:
        return outcome_on(plan, self.requirements, self.populations, engine=self.engine, workers=self.workers)

    def with_margin(self, errors: float) -> Callable[[tuple[Duty, ...]], float]:
        """Return the judge of duties: each requirement keeps a margin, or as much as it had before, if that is less."""
        wanted = np.where(self.slack < 0, 0.0, np.minimum(errors * self.deviation, self.slack))

        def lacking(duties: tuple[Duty, ...]) -> float:
            return float(np.maximum(wanted - self._outcome(self._plan(duties)).slack, 0.0).sum())

        return lacking

    def holds(self, duties: tuple[Duty, ...], number: int) -> bool:
        """Tell whether all targets hold on days that nobody else sees."""
        days = 5 * self.days
        first = _FIRST + number * days
        verified = verify_plan(
            self._plan(duties), self.targets, seed=self.seed, numbers=range(first, first + days), engine=self.engine,
            workers=self.workers,
        )  # fmt: skip
        return verified.verdict(None) == "holds"


def _with_duties(roster: Roster, duties: tuple[Duty, ...]) -> Roster:
    """Return a roster with other duties; its costs are those of paid hours and different shifts."""
    groups = []
    for group in roster.groups:
        own = tuple(duty for duty in duties if duty.group == group.group)
        paid = sum(duty.paid_hours * roster.rules.contracts[duty.contract].cost for duty in own)
        covered = coverage_of(own, roster.requirements, group.group)
        costs = replace(group.costs, paid=paid)
        people = {name: len({duty.person for duty in own if duty.contract == name}) for name in group.people}
        groups.append(replace(group, duties=own, covered=covered, costs=costs, people=people, shortages=()))
    broken = tuple(broken_rules(duties, roster.rules, roster.requirements))
    return replace(roster, groups=tuple(groups), broken=broken)


def with_shifts(scenario: Scenario, roster: Roster) -> Scenario:
    """Return a scenario whose groups work the shifts of a roster.

    Parameters
    ----------
    scenario
        Checked.
    roster
        Of some of its groups.
    """
    shifts, absence = scenario_shifts(roster), {group.group: group.shrinkage for group in roster.groups}
    agents = {
        name: _on_shifts(group, shifts[name], absence[name]) if name in shifts else group
        for name, group in scenario.agents.items()
    }
    return scenario.model_copy(update={"agents": agents})


def _on_shifts(group: Agents, shifts: Sequence[Mapping[str, Any]], absence: float) -> Agents:
    """Return a group that works shifts: who is away is absent, and paid as before."""
    paid = group.paid
    if not group.shifts and not paid.shrinkage:
        paid = paid.model_copy(update={"absence": False})
    own = [Shift.model_validate(shift) for shift in shifts]
    return group.model_copy(update={"staff": None, "shrinkage": 0.0, "shifts": own, "absence": absence, "paid": paid})
