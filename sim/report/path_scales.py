"""Scales of the paths of a sweep: the positions of their values on an axis, and the labels there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

__all__ = ["AS_IT_IS", "PathScale", "scale_of", "texts_shown"]

F8 = NDArray[np.float64]

AS_IT_IS = "as it is"
_VALUE = re.compile(r"([*/+-]?)\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(%|[A-Za-z]*)")


@dataclass(frozen=True, eq=False)
class PathScale:
    """Values of a path at the points of a sweep.

    Parameters
    ----------
    path
        Its name.
    position
        [P] Of each point: the number where all values are numbers of one kind, else the rank of the value.
    ticks
        Position and label of each different value, in their order.
    is_number
        Whether the positions are numbers.
    sign, unit
        Of the numbers: ``"*"`` for factors, ``"+"`` for changes.
    """

    path: str
    position: F8
    ticks: tuple[tuple[float, str], ...]
    is_number: bool
    sign: str = ""
    unit: str = ""

    def label(self, position: float) -> str:
        """Return the value at a position of a numeric scale."""
        number = f"{position:+.4g}" if self.sign == "+" else f"{self.sign}{position:.4g}"
        return f"{number} {self.unit}" if self.unit else number


def scale_of(path: str, texts: Sequence[str | None]) -> PathScale:
    """Return the scale of a path.

    Parameters
    ----------
    path
        Its name.
    texts
        Value at each point, as an override has it; None = as the scenario says.
    """
    matches = [None if text is None else _VALUE.fullmatch(text) for text in texts]
    kinds = {(_sign(match[1]), match[3]) for match in matches if match is not None}
    if None not in matches and len(kinds) == 1 and "/" not in next(iter(kinds)):
        sign, unit = kinds.pop()
        position = np.array([float(match[1] + match[2]) if sign == "+" else float(match[2]) for match in matches])  # type: ignore[index]
        scale = PathScale(path, position, (), is_number=True, sign=sign, unit=unit)
        return replace(scale, ticks=tuple((each, scale.label(each)) for each in np.unique(position).tolist()))
    names = texts_shown(texts)
    order = {name: float(rank) for rank, name in enumerate(dict.fromkeys(names))}
    ticks = tuple((rank, name) for name, rank in order.items())
    return PathScale(path, np.array([order[name] for name in names]), ticks, is_number=False)


def texts_shown(texts: Sequence[str | None]) -> list[str]:
    """Return values as people see them."""
    return [AS_IT_IS if text is None else text for text in texts]


def _sign(sign: str) -> str:
    """Return one sign for changes up and down."""
    return "+" if sign in {"+", "-"} else sign
