"""Entries of lists that never apply, because another entry always applies where they would."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from sim.core.units import DAY
from sim.scenario.by_day import is_left_out
from sim.scenario.graph_checks import EXITS
from sim.scenario.resources import Announcement, Band
from sim.scenario.routes import Condition, cases_of
from sim.scenario.schema import Scenario
from sim.scenario.steps import Assisted

__all__ = ["covers", "hidden_problems"]

Entry = TypeVar("Entry")
Path = tuple[str | int, ...]


def hidden_problems(scenario: Scenario) -> Iterator[tuple[Path, str]]:
    """Yield path and message of each entry that never applies, in a valid scenario."""
    last = "the last entry that holds applies, so write them in rising order"
    first = "the first entry that holds applies, so write the narrower one first"
    for name, queue in scenario.queues.items():
        for field, hidden in (
            ("balk", _hidden(queue.balk[::-1], _hides_band)),
            ("announce", _hidden(queue.announce[::-1], _hides_announcement)),
        ):
            count = len(getattr(queue, field))
            for number, other in hidden:
                message = f"never applies: wherever it holds, entry {count - other} holds too; {last}"
                yield ("queues", name, field, count - 1 - number), message
    for intent, graph in scenario.intents.items():
        for number, other in _hidden([case.when for case in cases_of(graph.start)], covers):
            yield (
                ("intents", intent, "start", number),
                f"never applies: wherever it holds, entry {other + 1} holds too; {first}",
            )
        for name, step in graph.steps.items():
            lists = {field: cases_of(getattr(step, field, None) or []) for field in EXITS}
            conditions = {field: [case.when for case in cases] for field, cases in lists.items()}
            conditions["impatience"] = [factor.when for factor in step.impatience] if isinstance(step, Assisted) else []
            for field, rows in conditions.items():
                for number, other in _hidden(rows, covers):
                    message = f"never applies: wherever it holds, entry {other + 1} holds too; {first}"
                    yield ("intents", intent, "steps", name, field, number), message


def _hides_band(later: Band, band: Band) -> bool:
    """Tell whether a later balking band holds wherever an earlier one does."""
    return later.waiting <= band.waiting and later.wait <= band.wait


def _hides_announcement(later: Announcement, entry: Announcement) -> bool:
    return later.wait <= entry.wait


def covers(earlier: Condition, condition: Condition) -> bool:
    """Tell whether each requirement of an earlier condition is one of the later, or is wider."""
    for field in ("segment", "came_from"):
        wide, narrow = getattr(earlier, field), getattr(condition, field)
        if wide is not None and (narrow is None or not set(narrow) <= set(wide)):
            return False
    for field in ("attempt", "waited", "effort"):
        wide, narrow = getattr(earlier, field), getattr(condition, field)
        if wide is not None and (narrow is None or narrow[0] < wide[0] or narrow[1] > wide[1]):
            return False
    if earlier.time is not None and (condition.time is None or not _spans(earlier.time, condition.time)):
        return False
    if earlier.day is not None and (condition.day is None or not _has_days(earlier.day, condition.day)):
        return False
    return earlier.context in {None, condition.context}


def _has_days(wide: list[int | str], narrow: list[int | str]) -> bool:
    """Tell whether each day of a list is written in another, which leaves no more days out."""
    chosen, of_wide = ([day for day in days if not is_left_out(day)] for days in (narrow, wide))
    left_out = {day for day in wide if is_left_out(day)}
    return left_out <= set(narrow) and (not of_wide or (bool(chosen) and set(chosen) <= set(of_wide)))


def _spans(wide: tuple[float, float], narrow: tuple[float, float]) -> bool:
    """Tell whether hours are within others; both may cross midnight."""
    return any(wide[0] <= narrow[0] + day and narrow[1] + day <= wide[1] for day in (-DAY, 0.0, DAY))


def _hidden(entries: Sequence[Entry], hides: Callable[[Entry, Entry], bool]) -> Iterator[tuple[int, int]]:
    """Yield the number of each entry that one before it hides, and the number of that one."""
    for number, entry in enumerate(entries):
        others = (other for other in range(number) if hides(entries[other], entry))
        if (other := next(others, None)) is not None:
            yield number, other
