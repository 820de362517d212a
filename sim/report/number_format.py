"""Numbers formatted for people."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "number", "or_none", "p_value", "probability_text", "quantities", "quantity", "signed_quantities",
    "signed_quantity",
]  # fmt: skip

UNDEFINED = "-"


def number(value: float) -> str:
    """Return a number with three significant digits and a thousands separator; NaN gives a dash."""
    if math.isnan(value):
        return UNDEFINED
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.2f}"


def or_none(value: float) -> float | None:
    """Return a number as a file for programs has it: None where it is undefined or infinite."""
    return float(value) if math.isfinite(value) else None


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: shares in per cent, long durations in minutes, hours or days; NaN gives a dash."""
    return quantities((value,), unit)[0]


def quantities(values: Sequence[float], unit: str) -> list[str]:
    """Return values that stand side by side, such as a value and its interval, in the unit of the first defined one."""
    if unit == "s":
        return _durations(values)
    return [UNDEFINED if math.isnan(value) else _formatted(value, unit) for value in values]


def _formatted(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    return f"{number(value)} h" if unit == "h" else number(value)


def _durations(values: Sequence[float]) -> list[str]:
    """Return durations in the unit that suits the first, with enough decimals to tell it from the others."""
    defined = [value for value in values if not math.isnan(value)]
    size, name = next((scale for scale in _SCALES if defined and abs(defined[0]) >= 2 * scale[0]), (1.0, "s"))
    gap = min((abs(value - defined[0]) / size for value in defined if value != defined[0]), default=math.inf)
    decimals = min(3, max(1, math.ceil(-math.log10(gap)))) if gap < math.inf else 1
    texts = ["" if math.isnan(value) else f"{value / size:.{decimals}f}" for value in values]
    if all(text.endswith(".0") for text in texts if text):
        texts = [text.removesuffix(".0") for text in texts]
    return [f"{text} {name}" if text else UNDEFINED for text in texts]


_SCALES = ((86400.0, "d"), (3600.0, "h"), (60.0, "min"))


def signed_quantity(value: float, unit: str) -> str:
    """Return a difference with its sign; differences of shares are in percentage points."""
    return signed_quantities((value,), unit)[0]


def signed_quantities(values: Sequence[float], unit: str) -> list[str]:
    """Return differences that stand side by side, with their signs, in the unit of the first defined one."""
    texts = quantities([abs(value) for value in values], unit)
    if unit == "share":
        texts = [f"{text.removesuffix(' %')} pp" if text != UNDEFINED else text for text in texts]
    return [("+" if value > 0 else "-" if value < 0 else "") + text for value, text in zip(values, texts, strict=True)]


def p_value(p: float) -> str:
    """Return a p-value with three decimals; NaN gives a dash."""
    if math.isnan(p):
        return UNDEFINED
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def probability_text(probability: float) -> str:
    """Return a probability without claiming more digits than it has."""
    if probability > 0.99:
        return "over 99 %"
    return f"{100 * probability:.0f} %" if probability >= 0.01 else "under 1 %"
