"""Records of a CSV file with their lines. Quoted cells may hold line ends; lines that begin with ``#`` are comments."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator

from sim.core.units import parse_number

__all__ = ["csv_number", "csv_records"]


def csv_records(text: str) -> list[tuple[int, list[str]]]:
    """Return the first line and the stripped cells of each record; empty lines are skipped, too.

    Raises
    ------
    csv.Error
        The text is not CSV, or a cell is longer than 131,072 characters.
    """
    first, within = 0, False

    def lines() -> Iterator[str]:
        nonlocal first, within
        for number, line in enumerate(text.splitlines(keepends=True), 1):
            if not within:  # a comment or an empty line within quotes belongs to its cell
                if not line.strip() or line.startswith("#"):
                    continue
                first, within = number, True
            yield line

    records = []
    for cells in csv.reader(lines()):
        records.append((first, [cell.strip() for cell in cells]))
        within = False
    return records


def csv_number(text: str) -> float:
    """Return the number that a cell holds, NaN where it holds none."""
    try:
        return parse_number(text)
    except ValueError:
        return math.nan
