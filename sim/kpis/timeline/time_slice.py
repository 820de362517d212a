"""Time slice of a run, for the KPI families that follow queues, lines and agents over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from sim.engine.log import Log
from sim.engine.plan import Plan
from sim.kpis.intervals import ReportingIntervals
from sim.kpis.timeline.contact_spans import ContactSpans, find_contact_spans
from sim.kpis.timeline.staffing import (
    Staffing,
    actual_staffing,
    after_closing,
    find_overtime,
    scheduled_staffing,
)
from sim.numerics.intervals import most_open, seconds_within
from sim.population.customers import Population

__all__ = ["OutsideRun", "TimeSlice", "outside_run"]

F8 = NDArray[np.float64]
I8 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TimeSlice(ReportingIntervals):
    """A time slice of a run. Spans are cut at its begin and end, so that the seconds of all slices add up.

    Parameters
    ----------
    plan, population
        What was planned, and who came.
    log
        Every touchpoint of which anything lies within the slice.
    begin, end
        The slice, its end left out; infinite where it is the whole run.
    """

    population: Population
    log: Log
    begin: float
    end: float

    @cached_property
    def contact_spans(self) -> ContactSpans:
        """Contacts that waited, and those that an agent took."""
        return find_contact_spans(self.plan, self.log)

    def clip(self, begin: F8, end: F8) -> tuple[F8, F8]:
        """Cut spans at the begin and the end of the slice; a span that lies outside ends before it begins."""
        return (
            begin if self.begin == -np.inf else np.maximum(begin, self.begin),
            end if self.end == np.inf else np.minimum(end, self.end),
        )

    def spread(self, code: I8, begin: F8, end: F8, size: int, *, weight: F8 | None = None) -> F8:
        """Return the seconds of the slice that spans spend in each interval.

        Parameters
        ----------
        code
            Code of each span, 0 to ``size - 1``.
        begin, end
            The spans.
        size
            Number of codes.
        weight
            Factor on the seconds of each span.

        Returns
        -------
        ndarray
            [size, intervals]; exactly 0 where no span is, and within the warm-up.
        """
        weights = np.empty(0) if weight is None else weight
        seconds = seconds_within(self.edges, code, *self.clip(begin, end), weights, size)
        seconds[:, : self.first] = 0.0
        return seconds

    def spread_with_end(self, group: I8, begin: F8, end: F8, *, weight: F8 | None = None) -> F8:
        """Return the seconds that spans of groups spend in each interval, and after the last one.

        Parameters
        ----------
        group, begin, end, weight
            As those of `spread`.

        Returns
        -------
        ndarray
            [groups, intervals + 1]. After the last interval only overtime of the last day counts (`after_closing`).
        """
        size = len(self.plan.groups)
        cells = np.zeros((size, self.plan.intervals + 1))
        cells[:, :-1] = self.spread(group, begin, end, size, weight=weight)
        late = np.flatnonzero(end > self.edges[-1])
        if len(late) and self.first < self.plan.intervals:
            since, until = self.after_closing
            begin, end = np.maximum(begin[late], since[group[late]]), np.minimum(end[late], until[group[late]])
            begin, end = self.clip(begin, end)
            seconds = np.maximum(end - begin, 0.0) * (1.0 if weight is None else weight[late])
            cells[:, -1] = np.bincount(group[late], seconds, size)
        return cells

    def deepest(self, code: I8, begin: F8, end: F8, size: int) -> F8:
        """Return the largest number of spans of each code open at once within each interval, as `spread` does.

        At one instant spans end before others begin.
        """
        begin, end = self.clip(begin, end)
        kept = np.flatnonzero(begin < end)
        code, begin, end = code[kept], begin[kept], end[kept]
        opens, closes = np.argsort(begin, kind="stable"), np.argsort(end, kind="stable")  # nearly in order, mostly
        most = most_open(self.edges, code[opens], code[closes], begin[opens], end[closes], size)
        most[:, : self.first] = 0.0
        return most

    @cached_property
    def lasted(self) -> F8:
        """Seconds of each interval that lie within the slice, 0 within the warm-up."""
        spans = np.array([self.edges[0]]), np.array([self.edges[-1]])
        seconds: F8 = self.spread(np.zeros(1, np.int64), *spans, 1)[0]
        return seconds

    @cached_property
    def scheduled(self) -> F8:
        """Agent-seconds on duty as scheduled, [groups, intervals]."""
        return self._seconds(scheduled_staffing(self.plan))

    @cached_property
    def staffing(self) -> Staffing:
        """Agents on duty as they came."""
        return actual_staffing(self.plan, self.population)

    @cached_property
    def after_closing(self) -> tuple[F8, F8]:
        """From when until when overtime counts after the last interval, each [groups]."""
        return after_closing(self.plan, self.staffing)

    @cached_property
    def staffed(self) -> F8:
        """Agent-seconds on duty as they came, [groups, intervals]."""
        return self.scheduled if self.staffing is scheduled_staffing(self.plan) else self._seconds(self.staffing)

    @cached_property
    def overtime(self) -> tuple[I8, F8, F8, F8]:
        """When more agents of a group are there than are on duty, whether or not others are idle, and how many more."""
        plan, presence = self.plan, self.log.presence
        left = np.where(np.isnan(presence.left), plan.end, presence.left)
        return find_overtime(self.staffing, presence.group.astype(np.int64), presence.came, left, len(plan.groups))

    def _seconds(self, staffing: Staffing) -> F8:
        return self.spread(staffing.group, staffing.begin, staffing.end, len(self.plan.groups), weight=staffing.agents)


@dataclass(frozen=True, eq=False)
class OutsideRun(TimeSlice):
    """Time slice of one span before the first interval, or after the last, in which shifts of the run's days lie."""

    span: tuple[float, float]

    @cached_property
    def edges(self) -> F8:
        """Begin and end of the span."""
        return np.array(self.span)

    @cached_property
    def first(self) -> int:
        """The span counts where the interval beside it does."""
        run = ReportingIntervals(self.plan)
        before = self.span[1] <= run.edges[0]
        return int(run.first > 0 if before else run.first == self.plan.intervals)


def outside_run(time_slice: TimeSlice) -> tuple[OutsideRun | None, OutsideRun | None]:
    """Return the spans before the first and after the last interval in which shifts count; None where there are none.

    Shifts of the run's days count as a whole, as they do between its days. A span ends with the hours of the next day,
    or with the shift of another day.
    """
    spans = _spans_outside(time_slice.plan)
    parts = time_slice.plan, time_slice.population, time_slice.log, time_slice.begin, time_slice.end
    before, after = (OutsideRun(*parts, span) if span[0] < span[1] else None for span in spans)
    return before, after


@lru_cache(maxsize=16)  # each replication of a plan asks again
def _spans_outside(plan: Plan) -> tuple[tuple[float, float], tuple[float, float]]:
    edges, shifts, days = ReportingIntervals(plan).edges, plan.shifts, len(plan.day_hours)
    counts = (shifts.day >= 1) & (shifts.day <= days)
    away = plan.pay.away
    paid = (away.day >= 1) & (away.day <= days) & (away.agent >= 0)  # of shifts
    begins = np.concatenate([shifts.begin[counts], away.begin[paid]])
    ends = np.concatenate([shifts.until[counts], away.until[paid]])
    before = max(plan.nights[0], begins.min(initial=np.inf), shifts.until[shifts.day < 1].max(initial=-np.inf))
    after = min(plan.nights[1], ends.max(initial=-np.inf), shifts.begin[shifts.day > days].min(initial=np.inf))
    return (float(before), float(edges[0])), (float(edges[-1]), float(after))
