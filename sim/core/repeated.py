"""Which values of a list stand in it more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from typing import TypeVar

__all__ = ["repeated"]

T = TypeVar("T", bound=Hashable)


def repeated(values: Iterable[T]) -> list[T]:
    """Return the values that stand more than once, each once, in the order in which they come first."""
    return [value for value, number in Counter(values).items() if number > 1]
