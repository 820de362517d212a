"""Attendance of agents on shifts: the schedule, less absence and lateness. Both engines read it."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from sim.core.draws import uniform
from sim.distributions import quantiles_of
from sim.engine.agent_keys import AgentKeys
from sim.engine.plan import Plan

__all__ = ["COMES", "LEAVES", "LEAVES_LAST", "Change", "draw_absences", "draw_attendance"]

I4 = NDArray[np.int32]

Change = tuple[float, int, int, int]  # (second, group, agent, one of the three that follow)
LEAVES, COMES, LEAVES_LAST = range(3)  # the queue; the last ones leave together, and nobody of the group is there
_LATE, _ABSENT = 2, 4  # purposes of an agent's draws; 0 is the speed


def draw_attendance(plan: Plan, seed: int, replication: int) -> list[Change]:
    """Draw when agents on shifts come to the queue and leave it.

    Parameters
    ----------
    plan
        With the shifts.
    seed, replication
        The same pair gives the same days.

    Returns
    -------
    list of Change
        In order of time, group, agent; at one instant they leave before they come.
    """
    shifts = plan.shifts
    keys = AgentKeys(plan)
    quantiles = quantiles_of(plan.laws.families)
    late = [plan.laws.value_of(int(law), quantiles) if law >= 0 else None for law in shifts.late]
    changes: list[Change] = []
    for part, (group, agent, day) in enumerate(zip(shifts.group, shifts.agent, shifts.day, strict=True)):
        key = _day_key(keys.key_of(group, agent), day)
        if _is_absent(shifts.absence[group], seed, replication, key):
            continue
        begin, until = float(shifts.begin[part]), float(shifts.until[part])
        delay = late[group]
        if delay is not None:
            begin += delay(uniform(seed, replication, *key, _part_of_day(plan, part), _LATE))
        if begin < until:
            came = max(begin, 0.0)  # the evening before the first day
            changes += [(came, int(group), int(agent), COMES), (until, int(group), int(agent), LEAVES)]
    changes.sort(key=lambda change: (change[0], change[1], change[3], change[2]))
    return _with_last_ones(changes)


def _with_last_ones(changes: list[Change]) -> list[Change]:
    """Mark the agents after whom nobody of their group is there."""
    there: dict[int, int] = defaultdict(int)  # agents, by group
    marked: list[Change] = []
    for (time, group), at_once in groupby(changes, key=itemgetter(0, 1)):
        together = list(at_once)
        there[group] += sum(1 if action == COMES else -1 for *_, action in together)
        leaves = LEAVES if there[group] else LEAVES_LAST
        marked += [(time, group, agent, action if action == COMES else leaves) for *_, agent, action in together]
    return marked


def draw_absences(plan: Plan, seed: int, replication: int, group: I4, agent: I4, day: I4) -> NDArray[np.bool_]:
    """Tell for agents on days whether they are absent, as `draw_attendance` draws it.

    Parameters
    ----------
    plan
        With the shifts.
    seed, replication
        The same pair gives the same days.
    group, agent, day
        One agent on one day per row.
    """
    keys = AgentKeys(plan)
    absence = plan.shifts.absence[group]
    absent = np.zeros(len(group), np.bool_)
    for row in np.flatnonzero(absence):
        absent[row] = _is_absent(
            absence[row], seed, replication, _day_key(keys.key_of(group[row], agent[row]), day[row])
        )
    return absent


def _day_key(key: tuple[int, int], day: int) -> tuple[int, int]:
    """Return stream and key of an agent's draws of a day."""
    return key[0], key[1] << 32 | (int(day) - 1) % (1 << 32)  # the evening before the first day is day 0


def _is_absent(absence: float, seed: int, replication: int, key: tuple[int, int]) -> bool:
    return bool(absence) and uniform(seed, replication, *key, 0, _ABSENT) < absence


def _part_of_day(plan: Plan, part: int) -> int:
    """Return how many parts of the same agent and day come before."""
    shifts = plan.shifts
    same = [column == column[part] for column in (shifts.group, shifts.agent, shifts.day)]
    return int(np.count_nonzero(np.all(same, axis=0)[:part]))
