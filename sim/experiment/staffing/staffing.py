"""Staffing: from targets to the cheapest headcounts that keep them, verified on days that the search never saw."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.engine import Plan
from sim.experiment.staffing.bound import Bound, find_bound
from sim.experiment.staffing.evaluation import Days, Outcome, Requirements, plan_outcome, requirements_of
from sim.experiment.staffing.grid import Grid, grid_of
from sim.experiment.staffing.load import Load, ample_counts, load_of
from sim.experiment.staffing.local_model import reach_of
from sim.experiment.staffing.search import Candidate, Search
from sim.experiment.staffing.size import fresh_days_of, search_days
from sim.experiment.staffing.start import needed_by_formula, start_counts
from sim.experiment.staffing.targets import Target
from sim.experiment.staffing.unreachable import Unreachable, find_unreachable
from sim.experiment.staffing.verification import SURE, Verdict, Verification, verify
from sim.scenario import Scenario

__all__ = ["Limits", "Progress", "Staffing", "find_headcounts", "search_plan"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]

_FEWEST = 20  # days on which differences are taken
_SAMPLE = 4  # days of the search for each on which differences are taken
_VERIFICATIONS = 5
_WIDE, _NARROW = 0.15, 0.0  # shares of a headcount by which a round may change it, one agent at least
_MODELS = 6
_MANY = 400  # headcounts
_BISECTIONS = 6
_WIDER = (1.0, 1.25, 1.5)  # times the standard errors of a margin, after one, two and more verifications
_DOUBT = 4, 16  # times the fresh days: where these do not confirm a plan, and where more leave it in doubt


@dataclass(frozen=True)
class Progress:
    """State of a search: what it does, the cost of the best plan so far, and how many requirements that one keeps."""

    stage: str
    cost: float
    holding: int
    requirements: int


@dataclass(frozen=True, eq=False)
class Limits:
    """Limits of headcounts, [free groups, intervals]; `most` is the largest number where there is none."""

    groups: tuple[int, ...]
    least: I8
    most: I8


@dataclass(frozen=True, eq=False)
class Staffing:
    """The cheapest headcounts that were found.

    Parameters
    ----------
    grid
        Groups and prices.
    requirements
        Rows of the targets.
    load
        Of each queue.
    erlang_c, erlang_a
        [queues, intervals] agents that each queue needs by itself, by the formula.
    counts
        [free groups, intervals] agents on duty.
    cost
        Of these.
    formula_costs
        Of the cheapest groups that cover Erlang C and Erlang A.
    search_days
        Replications on which the search tried headcounts.
    holds
        Whether all requirements hold on these.
    confidence
        Share of the days on which they are to hold at once, None = over all days together.
    verification
        On fresh days; None after an interrupt.
    unreachable
        Requirements that cannot hold within the limits.
    interrupted
        Whether the search was ended by hand.
    bound
        Of the cost of any plan that keeps all requirements on the days of the search.
    """

    grid: Grid
    requirements: Requirements
    load: Load
    erlang_c: I8
    erlang_a: I8
    counts: I8
    cost: float
    formula_costs: tuple[float, float]
    search_days: int
    holds: bool
    confidence: float | None
    verification: Verification | None
    unreachable: tuple[Unreachable, ...]
    interrupted: bool
    bound: Bound

    @property
    def verdict(self) -> Verdict | None:
        """Whether the plan keeps its targets on fresh days, as `Verification.verdict`; None = not verified."""
        if self.verification is None:
            return None
        return "fails" if self.unreachable else self.verification.verdict(self.confidence)


@dataclass(eq=False)
class _Run:
    """A search under way; the best plan so far is kept."""

    grid: Grid
    requirements: Requirements
    seed: int
    engine: str
    workers: int
    progress: Callable[[Progress], None]
    confidence: float | None
    best: Candidate | None = None
    verification: Verification | None = None
    unreachable: tuple[Unreachable, ...] = ()
    bound: Bound | None = None
    stage: str = "search"
    seen: list[tuple[Outcome, Outcome]] = field(default_factory=list)  # of plans: days of the search, and fresh days

    def report(self, candidate: Candidate) -> None:
        """Keep the best plan, and show it."""
        self.best = candidate
        holding = int((candidate.outcome.slack >= 0).sum())
        self.progress(Progress(self.stage, candidate.cost, holding, len(self.requirements)))
        interrupts.allow(interrupts.GRACE)

    def keeps(self, candidate: Candidate) -> bool:
        """Tell whether all requirements hold on the days of the search, whatever margin they were to have."""
        if self.confidence is not None:
            return candidate.outcome.joint >= self.confidence
        return bool((candidate.outcome.slack >= 0).all())

    def verify(self, candidate: Candidate, begin: int, fresh: int) -> bool:
        """Tell whether fresh days confirm headcounts; where they do not, more are asked, and where in doubt, most."""
        outcome = self.fresh_outcome(candidate, range(begin, begin + fresh))
        self.verification = verify(outcome, self.seed)
        for times in _DOUBT:
            verdict = self.verification.verdict(self.confidence)
            if verdict == "holds" or (verdict == "fails" and len(outcome.num) > fresh):
                break
            more = self.fresh_outcome(candidate, range(begin + len(outcome.num), begin + times * fresh))
            outcome = outcome.joined(more)
            self.verification = verify(outcome, self.seed)
        self.seen.append((candidate.outcome, outcome))
        return self.verification.verdict(self.confidence) == "holds"

    def fresh_outcome(self, candidate: Candidate, numbers: range) -> Outcome:
        """Simulate headcounts on days that the search does not keep."""
        plan = self.grid.plan_with(candidate.counts)
        return plan_outcome(
            plan, self.requirements, seed=self.seed, numbers=numbers, engine=self.engine, workers=self.workers
        )

    def search_on(self, search: Search, verified: Candidate, numbers: range) -> Candidate:
        """Continue a search on days that did not confirm a plan, which are more; return the plan on these."""
        search.use(self.days(numbers))
        candidate = search.evaluate(verified.counts)
        self.seen = [(candidate.outcome, self.seen[-1][1])]
        return candidate

    def days(self, numbers: range) -> Days:
        """Draw customers."""
        return Days(
            self.grid, self.requirements, seed=self.seed, numbers=numbers, engine=self.engine, workers=self.workers
        )


def find_headcounts(
    scenario: Scenario,
    plan: Plan,
    targets: Sequence[Target],
    limits: Limits,
    *,
    seed: int,
    engine: str = "auto",
    workers: int = 1,
    days: int | None = None,
    fresh_days: int | None = None,
    confidence: float | None = None,
    progress: Callable[[Progress], None] = lambda _progress: None,
) -> Staffing:
    """Find the cheapest headcounts that keep targets.

    Parameters
    ----------
    scenario, plan
        Of the groups; other headcounts than those of the free groups stay.
    targets
        At least one.
    limits
        Of the free groups.
    seed, engine, workers
        Of the simulations; neither engine nor workers change the result.
    days, fresh_days
        Replications of the search, and of each verification; by default after the size of the scenario.
    confidence
        Share of the days on which all targets are to hold at once; None = they are to hold over all days together.
    progress
        Called with the state of the search.

    Returns
    -------
    Staffing
        The best that was found; after an interrupt (Ctrl-C), the best so far.
    """
    load = load_of(scenario, plan, limits.groups, seed=seed, engine=engine)
    ample = np.maximum(ample_counts(plan, limits.groups, load), limits.least)
    most = np.minimum(limits.most, ample)
    grid = grid_of(scenario, plan, limits.groups, limits.least, most)
    requirements = requirements_of(plan, targets)
    formulas = [needed_by_formula(plan, tuple(targets), load, patient=patient) for patient in (True, False)]
    starts = [start_counts(grid, needed) for needed in formulas]
    run = _Run(grid, requirements, seed, engine, workers, progress, confidence)
    size = days or search_days(plan)
    try:
        _search(run, starts[1], ample, load, size, fresh_days or fresh_days_of(size))
    except KeyboardInterrupt:
        if run.best is None or interrupts.none_came():
            raise
        interrupted = True
    else:
        interrupted = False
    interrupts.allow(interrupts.KEEPING)
    assert run.best is not None
    return Staffing(
        grid,
        requirements,
        load,
        formulas[0],
        formulas[1],
        run.best.counts,
        run.best.cost,
        (grid.cost_of(starts[0]), grid.cost_of(starts[1])),
        size,
        run.keeps(run.best),
        confidence,
        None if interrupted else run.verification,
        run.unreachable,
        interrupted,
        run.bound or Bound(None, "the search was interrupted"),
    )


def _search(run: _Run, start: I8, ample: I8, load: Load, size: int, fresh: int) -> None:
    """Search, verify, and search again with a margin for what did not hold, until it does."""
    days = run.days(range(size))
    search = Search(days, days.first(max(size // _SAMPLE, min(size, _FEWEST))), reach_of(run.grid, load), run.report)
    run.unreachable = find_unreachable(search, ample)
    best = search.evaluate(start)
    if run.unreachable:  # these are to be as good as the limits allow
        rows = [unreachable.row for unreachable in run.unreachable]
        search.margin[rows] = days.outcome(run.grid.most).slack[rows]
        best = search.evaluate(start)
    run.report(best)
    best = search_plan(search, best)
    wanted = run.confidence
    if wanted is not None:
        run.bound = Bound(None, "none is known for a share of the days")
    elif run.unreachable or not best.holds:
        run.bound = Bound(None, "no plan was found that keeps all targets")
    else:
        best = _bounded(run, search, best, load)
    for number in range(_VERIFICATIONS):
        if wanted is not None and not run.unreachable:
            best = _with_confidence(search, best, wanted)
        run.stage = "verification"
        run.report(best)
        begin = size + number * _DOUBT[-1] * fresh
        confirmed = run.verify(best, begin, fresh)
        if confirmed or number == _VERIFICATIONS - 1 or not run.keeps(best) or run.unreachable:
            break  # what is returned is what was verified
        assert run.verification is not None
        run.stage = "search with a margin"
        if wanted is not None and run.confidence is not None:
            wanted = min((1.0 + wanted) / 2.0, wanted + run.confidence - run.verification.least_joint)
            continue
        if number == (1 if _few(best) else 0) and fresh > size:
            best = run.search_on(search, best, range(begin, begin + fresh))
        search.margin = _margin(run.seen, _WIDER[min(number, len(_WIDER) - 1)] * _errors_of(len(run.requirements)))
        wider = _finish(search, search.evaluate(best.counts), models=0)
        if not wider.holds:
            break  # the days are too few to tell what margin would do; the plan without it holds on them
        best = wider
    run.best = best


def _bounded(run: _Run, search: Search, best: Candidate, load: Load) -> Candidate:
    """Find the lower bound of the cost; return the plan that reaches it, or comes near, if it is better."""
    run.stage = "lower bound"
    run.report(best)
    run.bound = find_bound(search.days, best.counts, load, search.reach)
    if run.bound.counts is None:
        return best
    nearest = search.climb(search.evaluate(run.bound.counts))
    run.stage = "search"
    return nearest if nearest.better_than(best) else best


def search_plan(search: Search, best: Candidate) -> Candidate:
    """Return the cheapest plan that a search finds: with large steps first, then with single agents.

    Parameters
    ----------
    search
        Its days and margins.
    best
        Where to begin.
    """
    best = search.improve(best, radius=_WIDE, models=_MODELS if _few(best) else 1)
    return _finish(search, best, models=_MODELS if _few(best) else 0)


def _few(candidate: Candidate) -> bool:
    """Tell whether there are so few headcounts that choosing a step takes less time than simulating it on more days."""
    return candidate.counts.size < _MANY


def _finish(search: Search, best: Candidate, *, models: int) -> Candidate:
    best = search.improve(best, radius=_NARROW, models=models)
    return search.finish(search.climb(best))


def _with_confidence(search: Search, best: Candidate, wanted: float) -> Candidate:
    """Return the cheapest headcounts with which all requirements hold at once on a share of the days.

    Each requirement gets a margin of so many standard deviations of its daily slack; their number is found by
    bisection.
    """
    low, high, deviations = 0.0, None, NormalDist().inv_cdf(max(wanted, 0.5)) or 0.1
    enough: Candidate | None = None
    for _ in range(_BISECTIONS):
        daily = best.outcome.slack_by_day
        search.margin = deviations * daily.std(axis=0) * len(daily)
        best = _finish(search, search.evaluate(best.counts), models=0)
        if best.outcome.joint >= wanted:
            high = deviations
            enough = best if enough is None or best.cost < enough.cost else enough
        else:
            low = deviations
        deviations = (low + high) / 2.0 if high is not None else 1.5 * deviations
    return best if enough is None else enough


def _errors_of(rows: int) -> float:
    """Return by how many standard errors each of some rows is to hold so that all do (Bonferroni's inequality)."""
    return NormalDist().inv_cdf(1.0 - (1.0 - SURE) / rows)


def _margin(seen: Sequence[tuple[Outcome, Outcome]], errors: float) -> F8:
    """Return the slack that requirements are to have on the days of the search so that they hold on others, [rows].

    It is what fresh days of all plans so far showed less than those of the search, and some standard errors of that
    and of the next verification.

    Parameters
    ----------
    seen
        Outcomes of each plan on the days of the search, and on fresh days.
    errors
        Number of standard errors.
    """
    days = np.array([len(fresh.num) for _, fresh in seen])
    less = np.array([search.slack / len(search.num) - fresh.slack / len(fresh.num) for search, fresh in seen])
    error = np.array([fresh.slack_error / len(fresh.num) for _, fresh in seen])
    share = days / days.sum()
    of_day = share @ less + errors * np.sqrt(share**2 @ error**2 + error[-1] ** 2)
    return np.asarray(np.maximum(of_day * len(seen[0][0].num), 0.0))
