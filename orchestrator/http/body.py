"""Numbers, choices, and lists of a request's body, checked like the other fields: everything wrong at once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from orchestrator.core.json_codec import Document, write
from orchestrator.core.problems import invalid
from orchestrator.http.fields import Fields

__all__ = ["NAME", "Body", "name_in_path"]

NAME = r"^[A-Za-z0-9_.@:~-]{1,100}$"
"""What a queue, an agent, a skill, or a channel may be called: it must go into a path as it is."""

_NAME = re.compile(NAME)
_NAME_RULE = "1 to 100 letters, digits, and _ . @ : ~ - are needed"


def name_in_path(names: Any, of: str) -> str:
    """Return the name of something that a path makes or changes."""
    name = str(names[of])
    if not _NAME.fullmatch(name):
        raise invalid([(of, f'is "{name[:40]}"; {_NAME_RULE}')])
    return name


class Body(Fields):
    """The members of a JSON object, see `Fields`; where one is missing, its default holds."""

    def number(self, name: str, default: float, low: float, high: float) -> float:
        """Return a number within limits."""
        value = self.members.get(name, default)
        if not _is_number(value) or not low <= value <= high:
            self.wrong(name, f"is {_shown(value)}; a number from {low:g} to {high:g} is needed")
            return default
        return float(value)

    def maybe_count(self, name: str, low: int, high: int) -> int | None:
        """Return a whole number within limits, or ``None`` where there is none."""
        value = self.members.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.wrong(name, f"is {_shown(value)}; a whole number from {low} to {high} is needed")
            return None
        return value

    def count(self, name: str, low: int, high: int, default: int | None = None) -> int:
        """Return a whole number within limits."""
        if self.members.get(name) is None and (default is None or name in self.members):
            found = "null" if name in self.members else "missing"
            self.wrong(name, f"is {found}; a whole number from {low} to {high} is needed")
        value = self.maybe_count(name, low, high)
        return (default or low) if value is None else value

    def flag(self, name: str) -> bool:
        """Return whether something is so; not, where nothing is said."""
        value = self.members.get(name, False)
        if not isinstance(value, bool):
            self.wrong(name, f"is {_shown(value)}; true or false is needed")
        return value is True

    def name(self, name: str, default: str | None = None) -> str:
        """Return a name that may stand in a path."""
        value = self.members.get(name, default)
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            found = "is missing" if name not in self.members else f"is {_shown(value)}"
            self.wrong(name, f"{found}; {_NAME_RULE}")
            return default or ""
        return value

    def choice(self, name: str, known: Sequence[Any], default: Any = None) -> Any:
        """Return one of a few values."""
        value = self.members.get(name, default)
        if isinstance(value, bool) or value not in known:
            found = "is missing" if name not in self.members else f"is {_shown(value)}"
            self.wrong(name, f"{found}; one of {', '.join(map(str, known))} is needed")
            return known[0] if default is None else default
        return value

    def names(self, name: str, most: int) -> tuple[str, ...]:
        """Return a list of different names; an empty one where there is none."""
        values = self.members.get(name, [])
        if not isinstance(values, list) or len(values) > most:
            self.wrong(name, f"is {_shown(values)}; a list of {most} names at most is needed")
            return ()
        for place, value in enumerate(values):
            if not isinstance(value, str) or not _NAME.fullmatch(value):
                self.wrong(f"{name}/{place}", f"is {_shown(value)}; {_NAME_RULE}")
            elif value in values[:place]:
                self.wrong(f"{name}/{place}", f"is {_shown(value)} once more; each may stand there once")
        return tuple(value for value in values if isinstance(value, str))

    def numbers(self, name: str, low: float, high: float, most: int) -> dict[str, float]:
        """Return an object of names and numbers within limits, in its order; an empty one where there is none."""
        values = self.mapping(name)
        if len(values) > most:
            self.wrong(name, f"has {len(values)} members; {most} are taken at most")
            return {}
        numbers = {}
        for member, value in values.items():
            where = f"{name}/{member[:100]}"
            if not _NAME.fullmatch(member):
                self.wrong(where, f"is no name; {_NAME_RULE}")
            elif not _is_number(value) or not low <= value <= high:
                self.wrong(where, f"is {_shown(value)}; a number from {low:g} to {high:g} is needed")
            else:
                numbers[member] = value
        return numbers

    def objects(self, name: str, most: int) -> list[Body]:
        """Return the objects of a list, each to be checked; an empty list where there is none."""
        values = self.members.get(name, [])
        if not isinstance(values, list) or len(values) > most:
            self.wrong(name, f"is {_shown(values)}; a list of {most} objects at most is needed")
            return []
        return [Body(value, f"{self._pointer}/{name}/{place}") for place, value in enumerate(values)]

    def document(self, name: str, largest: int) -> Document:
        """Return an object that is not too large; an empty one where there is none."""
        value = self.mapping(name)
        if (size := len(write(value).encode())) > largest:
            self.wrong(name, f"has {size} bytes as JSON; {largest} are kept at most")
        return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shown(value: Any) -> str:
    """Return what was found, short enough for a sentence."""
    text = write(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
