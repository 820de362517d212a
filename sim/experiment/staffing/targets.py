"""Targets of a staffing search, as people write them: ``"voice.service_level >= 80 % per interval"``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from sim.core.errors import InvalidInput, Problem, near
from sim.core.units import spell
from sim.engine.plan import Plan
from sim.kpis.bounds import read_bound, span
from sim.kpis.chosen import chosen_row
from sim.kpis.dimensions import BY_INTERVAL, Dimension, keys_of
from sim.kpis.model import Kpi, Row
from sim.kpis.registry import kpi, kpis_of

__all__ = ["Per", "Target", "default_targets", "parse_targets"]

Per = Literal["interval", "day", "run"]
WHERE = "--target"

_TARGET = re.compile(r"\s*(?P<row>[^<>=]+?)\s*(?P<sign>>=|<=|=>|=<|>|<|==|=)\s*(?P<bound>.+?)\s*")
_PER = re.compile(r"(?P<bound>.*?)\s+per\s+(?P<per>\w+)")
_SCALES = ("share", "s")  # units of KPIs that are means over contacts or over agents' time, so that intervals add up
_NOT_SUMS = frozenset({"intervals_on_target", "attendance"})


@dataclass(frozen=True)
class Target:
    """A bound on a KPI, in each interval, on each day, or in the whole run.

    Parameters
    ----------
    row
        The KPI of the whole run: of all contacts, of a queue, or of a group.
    at_least
        Whether the bound is the least value; otherwise it is the greatest.
    bound
        A share of 1, or seconds.
    per
        What has to keep it.
    """

    row: Row
    at_least: bool
    bound: float
    per: Per

    @property
    def name(self) -> str:
        """The row as people write it."""
        return f"{self.row.key}.{self.row.kpi}" if self.row.key else self.row.kpi

    @property
    def limit(self) -> str:
        """The bound as people write it."""
        value = f"{100 * self.bound:g} %" if kpi(self.row.kpi).unit == "share" else spell(self.bound)
        return f"{'>=' if self.at_least else '<='} {value}"

    def __str__(self) -> str:
        return f"{self.name} {self.limit} per {self.per}"


def parse_targets(plan: Plan, texts: Sequence[str], per: str) -> tuple[Target, ...]:
    """Read targets.

    Parameters
    ----------
    plan
        Has the queues and groups.
    texts
        A KPI, of a queue or a group if there is a key before it (``*`` stands for each), a bound, and perhaps what it
        is for, such as ``"*.service_level >= 80 % per interval"``.
    per
        What a target is for that does not say it: ``"interval"``, ``"day"`` or ``"run"``.

    Returns
    -------
    tuple of Target
        Each once.

    Raises
    ------
    InvalidInput
        All that are wrong, at once.
    """
    problems = []
    if per not in get_args(Per):
        problems.append(Problem("--per", "", f'"{per}" is none of the choices; {near(per, get_args(Per))}'))
    targets: list[Target] = []
    for text in texts:
        try:
            targets += _targets_of(plan, text, per)
        except ValueError as error:
            problems.append(Problem(WHERE, "", f'"{text}": {error}'))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return tuple(dict.fromkeys(targets))


def default_targets(plan: Plan, per: Per) -> tuple[Target, ...]:
    """Return the wanted service level of each queue, as the scenario has it."""
    return tuple(
        Target(Row("service_level", "queue", name, None), at_least=True, bound=float(plan.queue_target[queue]), per=per)
        for queue, name in enumerate(plan.queues)
    )


def _targets_of(plan: Plan, text: str, per: str) -> Iterator[Target]:
    match = _TARGET.fullmatch(text)
    if match is None:
        raise ValueError('is not a target; write a KPI and a bound, such as "voice.service_level >= 80 %"')
    sign, bound = match["sign"], match["bound"]
    if sign in {"=", "=="}:
        raise ValueError(f'"{sign}" is no bound; write >= or <=')
    if named := _PER.fullmatch(bound):
        bound, per = named["bound"], named["per"]
        if per not in get_args(Per):
            raise ValueError(f'"per {per}" is not known; {near(per, get_args(Per))}')
    for row in _rows(plan, match["row"]):
        measured = kpi(row.kpi)
        _check_kpi(measured, row, at_least=">" in sign)
        yield Target(row, ">" in sign, _bound(measured, bound, at_least=">" in sign), per)  # type: ignore[arg-type]


def _rows(plan: Plan, text: str) -> Iterator[Row]:
    """Yield the rows that a text names; ``*`` stands for each queue, or for each group where there are no queues."""
    owner, _, name = text.rpartition(".")
    if owner != "*" or name not in {measured.name for measured in kpis_of(plan)}:
        yield chosen_row(plan, text, WHERE)
        return
    by: Dimension = "queue" if "queue" in kpi(name).dimensions else "group"
    yield from (Row(name, by, key, None) for key, *_ in keys_of(plan, by))


def _check_kpi(measured: Kpi, row: Row, *, at_least: bool) -> None:
    """Refuse a KPI whose value for a run is not made of those of its intervals, and a bound that more agents break."""
    if at_least != (measured.better == "higher"):
        wrong, right = (">=", "<=") if at_least else ("<=", ">=")
        raise ValueError(f'more agents do not help to keep "{wrong}"; a target of {measured.name} is a bound "{right}"')
    by = BY_INTERVAL.get(row.by)  # type: ignore[call-overload]
    if by is None or by not in measured.dimensions:
        raise ValueError(f"{row.kpi} by {row.by} has no values by interval; name a queue, a group, or the total")
    is_sum = measured.unit in _SCALES and measured.name not in _NOT_SUMS
    if not is_sum or measured.name.startswith(("wait_p", "max_")):
        raise ValueError(
            f"{row.kpi} is no share or mean over contacts or agents' time; "
            "targets may be service levels, abandonment, asa, occupancy and the like"
        )


def _bound(measured: Kpi, text: str, *, at_least: bool) -> float:
    """Return a bound as a number, and refuse one that always or never holds."""
    value = read_bound(measured, text)
    least, greatest = measured.bounds
    if not least <= value <= greatest:
        raise ValueError(f'"{text}" is out of range: {measured.name} is {span(measured)}')
    if value == (least if at_least else greatest):
        raise ValueError(f'"{text}" always holds: {measured.name} is {span(measured)}; leave it out')
    return value
