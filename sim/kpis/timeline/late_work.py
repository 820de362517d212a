"""Work after the reporting time on contacts that came within it, by agents whose duty is of days after the last one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.kpis.timeline.time_slice import TimeSlice, outside_run
from sim.numerics.intervals import united

__all__ = ["find_late_work"]

F8 = NDArray[np.float64]


def find_late_work(time_slice: TimeSlice) -> F8:
    """Return the seconds in which agents of each group are busy with such contacts, overtime of the last day aside.

    Parameters
    ----------
    time_slice
        Of a run.

    Returns
    -------
    ndarray
        [groups]
    """
    plan, last, size = time_slice.plan, float(time_slice.edges[-1]), len(time_slice.plan.groups)
    if plan.end <= last or time_slice.end <= last or time_slice.first == plan.intervals:
        return np.zeros(size)
    if (after := outside_run(time_slice)[1]) is not None:
        last = after.span[1]  # until then agents are on duty and paid, or work overtime
    served = time_slice.contact_spans.served
    limited = plan.crews.unlimited == 0  # who is never on duty is in no paid hour anyway
    kept = np.flatnonzero(served.came_in_time & (served.end > last) & limited[served.group])
    begin, end = time_slice.clip(np.maximum(served.begin[kept], last), np.minimum(served.end[kept], plan.end))
    lasting = np.flatnonzero(begin < end)
    lasting = lasting[np.argsort(begin[lasting], kind="stable")]
    kept, begin, end = kept[lasting], begin[lasting], end[lasting]
    agents = int(served.agent.max(initial=0)) + 1
    code, begin, end = united(served.group[kept] * agents + served.agent[kept], begin, end, size * agents)
    group = code // agents
    since, until = (instant[group] for instant in time_slice.after_closing)  # overtime, which counts there
    overtime = np.maximum(np.minimum(end, until) - np.maximum(begin, since), 0.0)
    return np.bincount(group, end - begin - overtime, size).astype(np.float64)
