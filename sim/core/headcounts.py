"""Headcounts in exact decimals: agents who are present, and rounding to whole agents.

Binary fractions decide nothing here: 15 agents of whom 90 % are present are 13.5, not 13.499999999999998.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

__all__ = ["decimal_of", "on_duty", "rounded"]

_ONE = Decimal(1)
_DIGITS = 18  # before the point; a binary number of so many has none behind it


def decimal_of(number: float | Decimal) -> Decimal:
    """Return a number as the shortest decimal that reads as it: .1 is 0.1, not 0.1000000000000000055."""
    return Decimal(repr(float(number))) if not isinstance(number, Decimal) else number


def on_duty(scheduled: float, shrinkage: float) -> Decimal:
    """Return how many of the scheduled agents are present, not rounded.

    Parameters
    ----------
    scheduled
        Number of agents.
    shrinkage
        Share of them who are not available.
    """
    return decimal_of(scheduled) * (_ONE - decimal_of(shrinkage))


def rounded(number: float | Decimal, step: Decimal = _ONE) -> Decimal:
    """Round half up, to whole agents unless another step is given: 4.5 is 5, 13.5 is 14.

    Parameters
    ----------
    number
        Any.
    step
        A power of ten.
    """
    exact = decimal_of(number)
    return exact.quantize(step, ROUND_HALF_UP) if exact.adjusted() < _DIGITS else exact
