"""Paths with values, as options have them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.core.errors import InvalidInput, Problem

__all__ = ["varied_paths", "wanted_points"]

_COUNT = re.compile(r"[0-9]{1,18}")


def varied_paths(options: Sequence[str]) -> dict[str, str]:
    """Return the values of each path of ``--vary PATH=VALUES``.

    Raises
    ------
    InvalidInput
        All options that have no path or no values, or whose path another has, too.
    """
    varied: dict[str, str] = {}
    problems = []
    for option in options:
        path, equals, values = (part.strip() for part in option.partition("="))
        if not equals or not path or not values:
            message = 'write it as PATH=VALUES, such as "agents.desk.staff=4..10" or "demand.volume=*0.8,*1,*1.2"'
            problems.append(Problem(f"--vary {option}", "", message))
        elif path in varied:
            problems.append(Problem(f"--vary {option}", "", f"{path} has values already; give all of them at once"))
        varied[path] = values
    if problems:
        raise InvalidInput(problems)
    return varied


def wanted_points(option: str | None) -> int | str | None:
    """Return what ``--points`` asks for: a number of points, or a file of them."""
    return int(option) if option is not None and _COUNT.fullmatch(option) else option
