"""Numbers as people read them."""

from __future__ import annotations

import math

__all__ = ["chance", "clock", "number", "quantity", "signed"]

UNDEFINED = "-"


def number(value: float) -> str:
    """Return a number with three significant digits, thousands set apart.

    Parameters
    ----------
    value
        Any; NaN gives a dash.
    """
    if math.isnan(value):
        return UNDEFINED
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit.

    Parameters
    ----------
    value
        NaN gives a dash.
    unit
        A KPI's unit: shares are shown in per cent, seconds as hours or minutes where they are many.
    """
    if math.isnan(value):
        return UNDEFINED
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit != "s":
        return f"{number(value)} h" if unit == "h" else number(value)
    for seconds, name in ((86400.0, "d"), (3600.0, "h"), (60.0, "min")):
        if abs(value) >= 2 * seconds:
            return f"{_tenths(value / seconds)} {name}"
    return f"{_tenths(value)} s"


def _tenths(value: float) -> str:
    """Return a number with a decimal where it has one."""
    return f"{value:.1f}".removesuffix(".0")


def signed(value: float, unit: str) -> str:
    """Return a difference with its sign; differences of shares are in percentage points.

    Parameters
    ----------
    value, unit
        As for `quantity`.
    """
    if math.isnan(value):
        return UNDEFINED
    text = f"{abs(100 * value):.1f} pp" if unit == "share" else quantity(abs(value), unit)
    return ("+" if value > 0 else "-" if value < 0 else "") + text


def chance(p: float) -> str:
    """Return a p-value.

    Parameters
    ----------
    p
        NaN gives a dash.
    """
    if math.isnan(p):
        return UNDEFINED
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def clock(seconds: float) -> str:
    """Return a time of day, with the day where it is not the first.

    Parameters
    ----------
    seconds
        From midnight of the first day.
    """
    day, rest = divmod(round(seconds), 86400)
    text = f"{rest // 3600:02}:{rest % 3600 // 60:02}"
    return f"day {day + 1} {text}" if day else text
