"""Precision to reach: replications until intervals are narrow enough, at the fewest some, at growing numbers.

The rule is the sequential one of Chow and Robbins [1]_: stop at the first number of replications at which half the
width of the interval is at most what is wanted. Its intervals keep their coverage as the wanted width shrinks; at a few
replications they lose some, because a rule that looks often stops where the spread seems small. So it begins at 20
replications [2]_, and looks again at one and a half times as many. Coverage of 95 % intervals after such a stop, of
8,000 repetitions: 94.3 to 94.9 % of normal days, and 92 to 94.6 % of exponential ones, which are more skewed than a
KPI of a day, and have 92 % at 20 replications without any stop.

References
----------
.. [1] Y. S. Chow, H. Robbins, On the asymptotic theory of fixed-width sequential confidence intervals for the mean,
   Ann. Math. Statist. 36 (1965), 457-462.
.. [2] A. M. Law, Simulation Modeling and Analysis, 5th ed., McGraw-Hill, 2015, section 9.4.1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sim.core.errors import InvalidInput, Problem
from sim.core.units import counted
from sim.engine import Plan
from sim.experiment.columns import ColumnSource
from sim.experiment.ratios import half_width, ratio
from sim.kpis import Row, kpi
from sim.kpis.chosen import chosen_row

__all__ = [
    "AT_LEAST",
    "AT_MOST",
    "Precision",
    "Reached",
    "checks",
    "half_of_difference",
    "half_of_value",
    "reached_sentence",
    "read_precision",
]  # fmt: skip

AT_LEAST = 20
"""Replications before the first look."""
AT_MOST = 1_000
"""Replications at which a run ends without the precision, unless another number is asked for."""
_GROWTH = 1.5
_MOST = 1e12  # of any unit; with infinity, every interval would be narrow enough
_FACTORS = {
    "share": {"%": 0.01, "pp": 0.01, "": 1.0},
    "s": {"s": 1.0, "": 1.0, "min": 60.0, "h": 3600.0},
}


@dataclass(frozen=True)
class Precision:
    """Half the width that an interval may have: in the KPI's unit, or as a share of the value."""

    row: Row
    half: float
    of_value: bool
    text: str

    def allows(self, half: float, value: float) -> bool:
        """Tell whether an interval is narrow enough; one that is not known is not."""
        return half <= self.half * (abs(value) if self.of_value else 1.0)


@dataclass(frozen=True)
class Reached:
    """Half the width of an interval, and the value, at some number of replications."""

    precision: Precision
    half: float
    value: float

    @property
    def is_narrow(self) -> bool:
        """Whether the interval is as narrow as wanted."""
        return self.precision.allows(self.half, self.value)


def reached_sentence(reached: Sequence[Reached], replications: int) -> str:
    """Return a sentence about the precision of each row, and the number of replications; empty without any.

    Parameters
    ----------
    reached
        Of each row.
    replications
        Their number.
    """
    if not reached:
        return ""
    parts = []
    for each in reached:
        row, shown = each.precision.row, kpi(each.precision.row.kpi)
        name = shown.title + (f", {row.key}" if row.key else "")
        half = "unknown" if math.isnan(each.half) else f"± {_size(each.half, shown.unit)}"
        parts.append(f"{name} {half} ({each.precision.text.rpartition(':')[2].strip()} wanted)")
    verb = "reached" if all(each.is_narrow for each in reached) else "not reached"
    return f"Precision {verb} after {counted(replications, 'replication')}: {'; '.join(parts)}."


def _size(half: float, unit: str) -> str:
    """Return half a width in words; of a share it is in percentage points."""
    return f"{100 * half:.2g} pp" if unit == "share" else f"{half:.3g} {unit}".replace(" money", "")


def read_precision(plan: Plan, texts: Sequence[str] | str) -> tuple[Precision, ...]:
    """Read what intervals may have as half their width.

    Parameters
    ----------
    plan
        Has the rows.
    texts
        Each a row (`sim.kpis.chosen.chosen_row`) and a size: ``"voice.service_level: 1 %"``, ``"voice.asa: 2 s"`` or
        ``"cost: 5 % of value"``; several in one, separated by commas.

    Raises
    ------
    InvalidInput
        What is wrong, and what would be right; all at once.
    """
    texts = [texts] if isinstance(texts, str) else texts
    wanted: list[Precision] = []
    problems: list[Problem] = []
    for text in (part.strip() for each in texts for part in each.split(",") if part.strip()):
        try:
            wanted.append(_read(plan, text))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return tuple(wanted)


def _read(plan: Plan, text: str) -> Precision:
    name, colon, size = text.rpartition(":")
    found_size = re.fullmatch(r"\s*([0-9.]+(?:e-?[0-9]+)?)\s*(.*?)\s*", size)
    if not colon or found_size is None:
        raise _wrong(text, 'is not a KPI and a size; write it like "voice.service_level: 1 %" or "cost: 5 % of value"')
    row = chosen_row(plan, name, "--precision")
    unit = kpi(row.kpi).unit
    try:
        number = float(found_size[1])
    except ValueError:
        number = 0.0
    if not 0 < number <= _MOST:
        raise _wrong(
            text,
            f"{found_size[1]} does not lie between 0 and {_MOST:g}; give half the width that the interval may have",
        )
    if found_size[2] == "% of value":
        return Precision(row, number / 100.0, of_value=True, text=text)
    factor = _FACTORS.get(unit, {"": 1.0, unit: 1.0}).get(found_size[2])
    if factor is None:
        known = " or ".join(f'"{number:g} {each}"' for each in _FACTORS.get(unit, {unit: 1.0}) if each)
        raise _wrong(text, f'"{found_size[2]}" is no unit of {row.kpi}; write {known}, or "{number:g} % of value"')
    return Precision(row, number * factor, of_value=False, text=text)


def _wrong(text: str, message: str) -> InvalidInput:
    return InvalidInput([Problem("--precision", "", f'"{text}": {message}')])


def checks(at_most: int) -> list[int]:
    """Return the numbers of replications at which to look, the last one being the most there may be."""
    numbers = [min(AT_LEAST, at_most)]
    while numbers[-1] < at_most:
        numbers.append(min(at_most, math.ceil(_GROWTH * numbers[-1])))
    return numbers


def half_of_value(source: ColumnSource, at: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return half the width of the interval of a row, and its value."""
    value, influence = ratio(*source.take(slice(at, at + 1)))
    return float(half_width(influence, confidence)[0]), float(value[0])


def half_of_difference(
    baseline: tuple[ColumnSource, int], variants: Sequence[tuple[ColumnSource, int]], confidence: float = 0.95
) -> tuple[float, float]:
    """Return half the width of the widest interval of the differences of variants, and the baseline's value.

    Parameters
    ----------
    baseline, variants
        The columns of each, and the place of the row in them; replication i of all met the same customers.
    confidence
        Of the intervals of all variants together.
    """
    values = [ratio(*source.take(slice(at, at + 1))) for source, at in (baseline, *variants)]
    joint = 1 - (1 - confidence) / len(variants)
    halves: NDArray[np.float64] = np.array(
        [half_width(influence - values[0][1], joint)[0] for _, influence in values[1:]]
    )
    return float(halves.max()), float(values[0][0][0])
