"""The laws by name, and their compiled quantile functions."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from sim.core.plugins import found_in
from sim.distributions.law import Law
from sim.distributions.own_law import own_law

__all__ = ["MINIMUM", "law_names", "laws", "quantiles", "quantiles_of"]

MINIMUM = "minimum"


@cache
def laws() -> dict[str, type[Law]]:
    """Return every law that has a quantile function by its name, e.g. ``{"exponential": Exponential, ...}``.

    Returns
    -------
    dict
        Name to class, sorted by name.
    """
    modules = found_in("sim.distributions", "LAW")
    return {name: law for name, law in modules.items() if isinstance(law, type) and issubclass(law, Law)}


def law_names() -> list[str]:
    """Return the names of the laws that come along, that of minima included."""
    return [*laws(), MINIMUM]


@cache
def quantiles() -> dict[str, Any]:
    """Return every law's compiled quantile function by the law's name.

    Returns
    -------
    dict
        Name to function of (probability, parameters).
    """
    return {name: law.quantile for name, law in laws().items()}


def quantiles_of(names: Iterable[str]) -> dict[str, Any]:
    """Return the quantile functions of some laws, own ones included; plain Python has no `overloads`.

    Parameters
    ----------
    names
        Names of built-in laws, or of own laws that were loaded.
    """
    own = {name: own_law(name) for name in names if name not in laws()}
    return quantiles() | {name: law.quantile for name, law in own.items() if law is not None}
