"""Paths of overrides: ``agents.cards.staff``, ``shifts.0.agents``, ``intents.*.steps.*.talk``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sim.core.errors import near
from sim.scenario.override_days import paths_by_day, split_path
from sim.scenario.values_by_day import differs, spread_out

__all__ = ["Address", "addresses_of", "missing"]

EVERY = "*"


class Address(NamedTuple):
    """One value of a scenario."""

    path: tuple[str, ...]
    holder: Any  # the dict or list that holds it
    key: Any  # its key or number there

    @property
    def is_new(self) -> bool:
        """Whether the holder has no such key yet."""
        return isinstance(self.holder, dict) and self.key not in self.holder

    @property
    def value(self) -> Any:
        """The value; None if it is new."""
        return None if self.is_new else self.holder[self.key]


def addresses_of(data: Any, text: str) -> list[Address]:
    """Return the values that a path names.

    Parameters
    ----------
    data
        A scenario as plain data.
    text
        Names, numbers of list items (from 0), and ``*`` for every name or item, joined by dots.

    Returns
    -------
    list of Address
        At least one. The last name may be new in a mapping; where there is a ``*``, only what is there counts.

    Raises
    ------
    ValueError
        A name or number is not there, with the near ones.
    """
    whole = split_path(text)
    _divide_laws(data, whole)
    return [address for path in paths_by_day(data, whole) for address in _addresses(data, path)]


def _divide_laws(data: Any, path: tuple[str, ...]) -> None:
    """Write laws of which a number differs by time of day as one law for each time, if a path names such a time."""
    depth = {"intents": 5, "orchestration": 2}.get(path[0], len(path))  # intents.NAME.steps.NAME.talk
    for address in list(_matches(data, path[:depth], ())) if len(path) > depth else ():
        law = address.value
        if isinstance(law, dict) and "law" in law and path[depth] not in law and any(map(differs, law.values())):
            address.holder[address.key] = spread_out(law, lambda parts: parts)


def _addresses(data: Any, path: tuple[str, ...]) -> list[Address]:
    if EVERY in path:
        matches = [address for address in _matches(data, path, ()) if address.value is not None]
        if not matches:
            raise ValueError(f"nothing in the scenario matches {'.'.join(path)}; {_unmatched(data, path)}")
        return matches
    holder = data
    for depth in range(len(path) - 1):
        holder = _part(holder, path, depth)
    if isinstance(holder, dict):
        return [Address(path, holder, path[-1])]
    _part(holder, path, len(path) - 1)
    return [Address(path, holder, int(path[-1]))]


def _part(holder: Any, path: tuple[str, ...], depth: int) -> Any:
    """Return the part of a holder that a path names at a depth."""
    name, where = path[depth], ".".join(path[:depth]) or "the scenario"
    if isinstance(holder, dict):
        if name not in holder:
            raise ValueError(_missing(name, where, holder))
        return holder[name]
    if not isinstance(holder, list):
        if holder is None and is_staff(path):
            raise ValueError(on_shifts(path[1]))
        raise ValueError(f"{where} holds {holder!r}, which has no parts")
    if not name.isascii() or not name.isdecimal() or int(name) >= len(holder):
        items = f"its items are 0 to {len(holder) - 1}, and new ones are added in the file" if holder else "it is empty"
        raise ValueError(f'"{name}" is no item of {where}; {items}')
    return holder[int(name)]


def is_staff(path: tuple[str, ...]) -> bool:
    """Tell whether a path is that of the headcount of a group, or of a part of it."""
    return path[0] == "agents" and path[2:3] == ("staff",)


def on_shifts(group: str) -> str:
    """Return the sentence for a change of the headcount of a group that has shifts."""
    shift = f"agents.{group}.shifts.0"
    return f'"{group}" has shifts, and no "staff"; change one, as {shift}.agents=+1, or its days, as {shift}.days=[wed]'


def missing(address: Address) -> str:
    """Return the sentence for a name that a mapping does not have."""
    return _missing(address.path[-1], ".".join(address.path[:-1]) or "the scenario", address.holder)


def _missing(name: str, where: str, holder: dict[str, Any]) -> str:
    return f'"{name}" is not in {where}; {near(name, holder)}'


def _items(holder: Any) -> dict[Any, Any]:
    """Return the parts of a holder by name or number; a plain value has none."""
    return dict(enumerate(holder)) if isinstance(holder, list) else holder if isinstance(holder, dict) else {}


def _matches(holder: Any, path: tuple[str, ...], before: tuple[str, ...]) -> Iterator[Address]:
    """Yield what is there of a path with wildcards."""
    name, *rest = path
    for key, part in _items(holder).items():
        if name in {EVERY, str(key)}:
            where = (*before, str(key))
            if rest:
                yield from _matches(part, tuple(rest), where)
            else:
                yield Address(where, holder, key)


def _unmatched(data: Any, path: tuple[str, ...]) -> str:
    """Return which name of a path with wildcards is not there, with the near ones."""
    holders = [data]
    for depth, name in enumerate(path):
        items = [(str(key), part) for holder in holders for key, part in _items(holder).items()]
        known = dict.fromkeys(key for key, _ in items)
        holders = [part for key, part in items if name in {EVERY, key}]
        if not holders:
            where = ".".join(path[:depth]) or "the scenario"
            return f"{where} is empty" if name == EVERY else f'"{name}" is not in {where}; {near(name, known)}'
    return "it is left out everywhere"
