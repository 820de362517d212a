"""Records of a CSV file with their lines. Quoted cells may hold line ends; lines that begin with ``#`` are comments.

Where the first record has no comma but semicolons or tabs, these separate the cells, as spreadsheets write them in much
of Europe. A decimal comma is no number in any file: 1,234 would be 1.234 or 1234.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator

from sim.core.units import parse_number

__all__ = ["csv_number", "csv_records", "decimal_comma_hint"]

_SEPARATORS = ",;\t"  # the first that the header has
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9.,]*,[0-9]+")


def csv_records(text: str) -> list[tuple[int, list[str]]]:
    """Return the first line and the stripped cells of each record; empty lines are skipped, too.

    Raises
    ------
    csv.Error
        The text is not CSV, or a cell is longer than 131,072 characters.
    """
    first, within = 0, False
    whole = text.splitlines(keepends=True)

    def lines() -> Iterator[str]:
        nonlocal first, within
        for number, line in enumerate(whole, 1):
            if not within:  # a comment or an empty line within quotes belongs to its cell
                if not line.strip() or line.startswith("#"):
                    continue
                first, within = number, True
            yield line

    header = next((line for line in whole if line.strip() and not line.startswith("#")), "")
    separator = next((each for each in _SEPARATORS if each in header), ",")
    records = []
    for cells in csv.reader(lines(), delimiter=separator):
        records.append((first, [cell.strip() for cell in cells]))
        within = False
    return records


def decimal_comma_hint(text: str) -> str:
    """Return what to do about a number with a comma in it; empty for other texts."""
    return "; write a decimal point, and nothing between thousands" if _DECIMAL_COMMA.fullmatch(text) else ""


def csv_number(text: str) -> float:
    """Return the number that a cell holds, NaN where it holds none."""
    try:
        return parse_number(text)
    except ValueError:
        return math.nan
