"""Shares that an override sets: the others of the same whole are scaled, so that all add up to 100 %."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from sim.core.headcounts import decimal_of
from sim.core.units import parse_share
from sim.scenario.override_paths import Address

__all__ = ["Whole", "adapt", "is_route", "is_routes_field", "whole_of"]

Whole = dict[str, Any]
"""Shares that add up to 100 %, by name: those of routes, or the segments that have them."""


def is_route(address: Address) -> bool:
    """Return whether an address is that of one route's share."""
    return isinstance(address.holder, dict) and len(address.path) > 1 and is_routes_field(address.path[-2])


def is_routes_field(name: str) -> bool:
    """Return whether a field of an intent or a step holds routes."""
    return name in {"next", "start"} or name.startswith("if_")


def whole_of(data: dict[str, Any], address: Address) -> tuple[Whole, str] | None:
    """Return the whole to which a share at an address belongs, and the share's name; None if it is no share."""
    if is_route(address):
        return address.holder, address.key
    if address.path[0] == "segments" and address.path[2:] in {(), ("share",)}:
        return data["segments"], address.path[1]
    return None


def adapt(whole: Whole, fixed: Iterable[str]) -> None:
    """Scale the shares that are not fixed. Shares that cannot add up stay, and are reported when they are checked.

    Parameters
    ----------
    whole
        Changed in place.
    fixed
        Names whose shares were set.
    """
    try:
        shares = {name: decimal_of(parse_share(_share(part))) for name, part in whole.items()}
    except (KeyError, TypeError, ValueError):
        return
    left = 1 - sum((shares[name] for name in fixed), Decimal())
    others = [name for name in shares if name not in fixed]
    total = sum((shares[name] for name in others), Decimal())
    if left < 0 or not total or math.isclose(left, total, abs_tol=1e-12):
        return
    for name in others:
        share = float(shares[name] * left / total)
        part = whole[name]
        whole[name] = {**part, "share": share} if isinstance(part, dict) else share


def _share(part: Any) -> Any:
    """Return the share of a route, which is the share itself, or of a segment."""
    return part["share"] if isinstance(part, dict) else part
