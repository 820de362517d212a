"""Differences of two builds as text: of times in per cent, of error rates in percentage points."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from loadtests.verdict.pairs import Finding

__all__ = ["ERROR_RATE", "difference_text", "interval_text", "limit_text", "ratio_text", "remark_on_errors", "shown"]

ERROR_RATE: Final = "error rate"
_FACTOR = 10.0  # from which a ratio is shown as one
_NO_BOUND = 100.0  # a ratio of as much or more bounds nothing


def difference_text(finding: Finding, typical: float) -> str:
    """Return the difference between B and A, such as ``+4.8%`` or ``+0.120 points``.

    Parameters
    ----------
    finding
        The comparison of one measure.
    typical
        The measure of A; ratios of error rates are ratios to it.
    """
    if finding.name == ERROR_RATE:
        return f"{_points(finding.ratio, typical)} points"
    return ratio_text(finding.ratio)


def interval_text(finding: Finding, typical: float) -> str:
    """Return the interval of the difference, for error rates in points.

    Parameters
    ----------
    finding, typical
        As for `difference_text`.
    """
    low, high = (_bound(finding.name, ratio, typical) for ratio in (finding.low, finding.high))
    return low if low == high == "no bound" else f"{low} to {high}"


def limit_text(finding: Finding, typical: float) -> str:
    """Return the largest difference that does not matter.

    Parameters
    ----------
    finding, typical
        As for `difference_text`.
    """
    if finding.name == ERROR_RATE:
        return f"{_points(finding.margin, typical)} points"
    return ratio_text(finding.margin)


def shown(finding: Finding, typical: float) -> tuple[str, str]:
    """Return what a check found and wanted, as text: the difference, and the limit.

    Parameters
    ----------
    finding, typical
        As for `difference_text`.
    """
    return difference_text(finding, typical), f"at most {limit_text(finding, typical)}"


def ratio_text(ratio: float) -> str:
    """Return a ratio as a difference in per cent, or as a factor if it is large.

    Parameters
    ----------
    ratio
        B over A.
    """
    return f"{ratio - 1.0:+.1%}" if ratio < _FACTOR else f"x {ratio:.3g}"


def remark_on_errors(finding: Finding, typical: float) -> str:
    """Return a sentence on how error rates are compared.

    Parameters
    ----------
    finding, typical
        As for `difference_text`.
    """
    limit = limit_text(finding, typical).lstrip("+")
    return f"Error rates are compared in percentage points; here, {limit} or less do not matter."


def _points(ratio: float, typical: float) -> str:
    """Return the difference of two shares with this ratio, in percentage points."""
    return f"{100.0 * typical * (ratio - 1.0):+.3f}"


def _bound(name: str, ratio: float, typical: float) -> str:
    """Return an end of an interval; one that is many magnitudes away bounds nothing."""
    if name == ERROR_RATE:
        return _points(ratio, typical) if ratio < inf and typical * (ratio - 1.0) < 1.0 else "no bound"
    return ratio_text(ratio) if 1.0 / _NO_BOUND < ratio < _NO_BOUND else "no bound"
