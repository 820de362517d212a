"""Values that a path takes in a sweep, as people write them: ``4..10``, ``*0.8,*1.2``, ``2 min..5 min step 30 s``."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from sim.core.errors import InvalidInput, Problem, near
from sim.core.repeated import repeated
from sim.core.units import parse_duration

__all__ = ["EXAMPLES", "MOST_VALUES", "Varied", "read_varied", "text_of"]

EXAMPLES = '"4..10", "0.8..1.2 step 0.1", "2 min..5 min step 30 s", "*0.8,*1.0,*1.2" or "-2..+2"'
MOST_VALUES = 10_000
_NUMBER = r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_UNIT = r"(%|[a-z]+)?"
_RANGE = re.compile(
    rf"([*+-]?)\s*{_NUMBER}\s*{_UNIT}\s*\.\.\s*([*+-]?)\s*{_NUMBER}\s*{_UNIT}(?:\s+step\s+{_NUMBER}\s*{_UNIT})?"
)
_LIKE_A_RANGE = re.compile(r"\s*[*+-]?\s*[0-9.]+.*\.\..*")
_DIGITS = 4  # of a value drawn from a range
_ROUNDING = 1e-9  # of a step, by which the last value may miss the end


@dataclass(frozen=True)
class Varied:
    """A path and the values that it takes.

    Parameters
    ----------
    path
        As of an override.
    texts
        Values one by one, each as an override has it after the ``=``; empty for a range without a step.
    sign
        Of a range: ``"*"``, ``"+"`` (a change, up or down) or empty.
    low, high, unit
        Ends of a range, in its unit.
    """

    path: str
    texts: tuple[str, ...]
    sign: str = ""
    low: float = math.nan
    high: float = math.nan
    unit: str = ""

    def at(self, share: float) -> str:
        """Return the value at a share of the way from the first to the last; the share is at least 0 and below 1."""
        if self.texts:
            return self.texts[int(share * len(self.texts))]
        return _written(self.sign, float(f"{self.low + share * (self.high - self.low):.{_DIGITS}g}"), self.unit)


def read_varied(path: str, written: object, where: str, *, sampled: bool = False) -> Varied:
    """Read the values of a path.

    Parameters
    ----------
    path
        As of an override.
    written
        A text such as ``"4..10"`` or ``"*0.8,*1.2"``, or values one by one.
    where
        Place of the text, for errors.
    sampled
        Whether points are drawn from the ranges, which then need no steps.

    Raises
    ------
    InvalidInput
        What is wrong, with the value found.
    """
    if isinstance(written, str):
        range_ = _range(path, written, where, sampled=sampled)
        if range_ is not None:
            return range_
        texts = _split(written)
    elif isinstance(written, Iterable) and not isinstance(written, bytes | dict):
        texts = [text_of(value) for value in written]
    else:
        texts = [text_of(written)]
    problems = []
    if not any(texts):
        problems.append(f"{path} has no values; write some, such as {EXAMPLES}")
    elif "" in texts:
        problems.append(f'"{written}" has an empty value between commas')
    problems += [f'"{text}" stands twice' for text in repeated(texts) if text]
    if problems:
        raise InvalidInput(Problem(where, "", problem) for problem in problems)
    return Varied(path, tuple(texts))


def text_of(value: object) -> str:
    """Return a value as an override has it."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.12g}"
    if hasattr(value, "item"):  # a number of NumPy's
        return text_of(value.item())
    return json.dumps(value)


def _range(path: str, text: str, where: str, *, sampled: bool) -> Varied | None:
    """Return a range; None if the text is none."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        if _LIKE_A_RANGE.fullmatch(text) and "," not in text:
            raise InvalidInput([Problem(where, "", f'"{text}" is not a range; write it like {EXAMPLES}')])
        return None
    sign, low, unit, other_sign, high, other_unit, step, step_unit = match.groups()
    unit = unit or other_unit or ""
    problem = _problem(text, (sign, other_sign), [each for each in (unit, other_unit, step_unit) if each])
    if problem:
        raise InvalidInput([Problem(where, "", problem)])
    begin = float(low) * (-1 if sign == "-" else 1)
    end = float(high) * (-1 if other_sign == "-" else 1) * _factor(other_unit, unit)
    whole = not unit and "." not in low + high and sign != "*"
    ranged = Varied(path, (), "+" if "-" in (sign, other_sign) else sign, begin, end, unit)
    if begin >= end:
        problem = f'"{text}" should go up: the lower end comes first'
    elif step is not None or whole:
        values = _steps(begin, end, float(step or 1) * _factor(step_unit, unit))
        ranged = Varied(path, tuple(_written(ranged.sign, value, unit) for value in values))
        if not values:
            problem = f'"{text}": the step must be more than 0'
        elif len(values) > MOST_VALUES:
            problem = f'"{text}" has more than {MOST_VALUES:,} values; give a larger step'
    elif not sampled:
        problem = f'"{text}" needs a step, such as "{text} step {(end - begin) / 4:.3g}{unit and " "}{unit}"'
        problem += ", or --points NUMBER, which draws values"
    if problem:
        raise InvalidInput([Problem(where, "", problem)])
    return ranged


def _problem(text: str, signs: tuple[str, str], units: list[str]) -> str:
    """Return what is wrong with the signs and units of a range; empty if nothing is."""
    if signs[0] != signs[1] and not {"+", "-"} >= set(signs):
        return f'"{text}" has different signs at its ends; write it like {EXAMPLES}'
    for unit in units:
        if unit != "%" and not _factor(unit, "s"):
            return f'"{text}": "{unit}" is not a unit; {near(unit, ("%", "s", "min", "h", "days"))}'
    if "%" in units and len(set(units)) > 1:
        return f'"{text}" has different units; write all in one'
    return ""


def _factor(unit: str | None, other: str) -> float:
    """Return how many of another unit a unit is; 0 if it is none."""
    if unit is None or unit == other:
        return 1.0
    try:
        return parse_duration(f"1 {unit}") / parse_duration(f"1 {other}")
    except ValueError:
        return 0.0


def _steps(begin: float, end: float, step: float) -> list[float]:
    if step <= 0:
        return []
    count = (end - begin) / step + _ROUNDING
    return [round(begin + number * step, 12) + 0.0 for number in range(int(min(count, MOST_VALUES)) + 1)]


def _written(sign: str, value: float, unit: str) -> str:
    number = f"{value:+.12g}" if sign == "+" else f"{sign}{value:.12g}"
    return f"{number} {unit}" if unit else number


def _split(text: str) -> list[str]:
    """Divide a text at its commas, but not within brackets or quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote or (letter in "\"'" and not parts[-1].strip()):
            quote = "" if letter == quote else quote or letter
        depth += (letter in "[{(") - (letter in "]})")
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return [part.strip() for part in parts]
