"""Bounds of KPIs as people write them: ``80 %`` or ``0.8`` of a share, ``20 s`` of a time, and else a number."""

from __future__ import annotations

import math

from sim.core.units import parse_duration, parse_number, parse_percentage
from sim.kpis.model import Kpi

__all__ = ["read_bound", "span"]


def read_bound(kpi: Kpi, text: str) -> float:
    """Return a bound as a number in the unit of its KPI; it may be out of the KPI's range.

    Parameters
    ----------
    kpi
        Its unit says how the text is read.
    text
        A percentage or a number for shares, a duration or a number of seconds for times, and a number otherwise.

    Raises
    ------
    ValueError
        A sentence with the text and what would be right.
    """
    text = text.strip()
    try:
        bound = _number(kpi.unit, text)
    except ValueError:
        bound = math.nan
    if not math.isfinite(bound):
        raise ValueError(f'"{text}" is no bound of {kpi.name}; {_EXAMPLES.get(kpi.unit, "write it as a number")}')
    return bound


_EXAMPLES = {"share": 'write it as "80 %" or 0.8', "s": 'write it as "20 s"'}


def _number(unit: str, text: str) -> float:
    if unit == "share" and text.endswith("%"):
        return parse_percentage(text)
    try:
        return parse_number(text)
    except ValueError:
        if unit != "s":
            raise
        return parse_duration(text)


def span(kpi: Kpi) -> str:
    """Return the range of a KPI as people say it, such as "from 0 to 1, so 80 % is 0.8"."""
    least, most = kpi.bounds
    if most == math.inf:
        return f"never below {least:g}"
    return f"from {least:g} to {most:g}" + (", so 80 % is 0.8" if kpi.unit == "share" else "")
