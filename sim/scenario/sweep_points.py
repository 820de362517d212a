"""Points of a sweep: all combinations of values, a Latin hypercube of ranges, or a list."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from sim.core.errors import InvalidInput, Problem
from sim.core.repeated import repeated
from sim.scenario.csv_records import csv_records
from sim.scenario.document import read_text, read_yaml
from sim.scenario.varied import MOST_VALUES, Varied, read_varied, text_of

__all__ = [
    "MOST_POINTS",
    "PointsWanted",
    "SweepPoints",
    "design_points",
    "grid",
    "latin_hypercube",
    "listed",
    "read_points",
]

PointsWanted = int | str | Path | Sequence[Mapping[str, Any]]
"""Number of points to be drawn, a file of points, or the points."""
MOST_POINTS = MOST_VALUES
_TABLES = (".csv", ".txt")


@dataclass(frozen=True)
class SweepPoints:
    """Points of a sweep.

    Parameters
    ----------
    design
        "grid", "Latin hypercube" or "list".
    paths
        That are varied.
    values
        Of each point, one per path, as an override has it after the ``=``; None = as the scenario says.
    """

    design: str
    paths: tuple[str, ...]
    values: tuple[tuple[str | None, ...], ...]

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.values)

    def __repr__(self) -> str:
        """Return the sizes."""
        return f"<SweepPoints: {len(self)} points of {', '.join(self.paths)}, {self.design}>"

    def overrides(self, point: int) -> list[str]:
        """Return the overrides that make the scenario of a point."""
        pairs = zip(self.paths, self.values[point], strict=True)
        return [f"{path}={value}" for path, value in pairs if value is not None]

    def name(self, point: int) -> str:
        """Return the values of a point in a line."""
        return ", ".join(self.overrides(point)) or "as the scenario says"


def design_points(vary: Mapping[str, object], points: PointsWanted | None, seed: int, where: str) -> SweepPoints:
    """Return the points of a sweep.

    Parameters
    ----------
    vary
        Values by path, each as for `sim.scenario.varied.read_varied`.
    points
        None = all combinations; a number = a Latin hypercube of so many points; else a file of points, or points, with
        nothing in ``vary``.
    seed
        Of the Latin hypercube.
    where
        Place of ``vary``, for errors.

    Raises
    ------
    InvalidInput
        All that is wrong.
    """
    if points is not None and not isinstance(points, int):
        if vary:
            message = f"the list of points has the values of all paths; put {', '.join(vary)} into it"
            raise InvalidInput([Problem(where, "", message)])
        return read_points(Path(points)) if isinstance(points, str | Path) else listed(points, "points")
    if not vary:
        raise InvalidInput(
            [Problem(where, "", f"is missing; say what varies: a path and its values, such as {_EXAMPLE}")]
        )
    varied: list[Varied] = []
    problems: list[Problem] = []
    for path, values in vary.items():
        try:
            varied.append(read_varied(path, values, f"{where} {path}", sampled=points is not None))
        except InvalidInput as error:
            problems += error.problems
    if problems:
        raise InvalidInput(problems)
    return grid(varied) if points is None else latin_hypercube(varied, points, seed)


_EXAMPLE = '"agents.desk.staff=4..10" or "demand.volume=*0.8,*1.0,*1.2"'


def grid(varied: Sequence[Varied]) -> SweepPoints:
    """Return all combinations of values; the last path changes fastest.

    Raises
    ------
    InvalidInput
        They are too many.
    """
    count = math.prod(len(each.texts) for each in varied)
    if count > MOST_POINTS:
        sizes = " x ".join(str(len(each.texts)) for each in varied)
        remedy = "give fewer values, or --points NUMBER, which draws some"
        message = f"{sizes} = {count:,} points, and the most are {MOST_POINTS:,}; {remedy}"
        raise InvalidInput([Problem("--vary", "", message)])
    return SweepPoints("grid", _paths(varied), tuple(product(*(each.texts for each in varied))))


def latin_hypercube(varied: Sequence[Varied], count: int, seed: int) -> SweepPoints:
    """Draw points that cover the range of each path evenly [1]_; the same seed gives the same points.

    Parameters
    ----------
    varied
        Ranges, or values of which each is drawn equally often.
    count, seed
        Number of points, and seed of the draws.

    References
    ----------
    .. [1] M. D. McKay, R. J. Beckman, W. J. Conover, A comparison of three methods for selecting values of input
       variables in the analysis of output from a computer code, Technometrics 21 (1979), 239-245.
    """
    if not 1 <= count <= MOST_POINTS:
        message = f"{count:,} is not a number of points; give 1 to {MOST_POINTS:,}"
        raise InvalidInput([Problem("--points", "", message)])
    from scipy.stats.qmc import LatinHypercube

    shares = LatinHypercube(len(varied), seed=np.random.default_rng(seed)).random(count)
    values = tuple(tuple(each.at(share) for each, share in zip(varied, row, strict=True)) for row in shares.tolist())
    return SweepPoints("Latin hypercube", _paths(varied), values)


def listed(points: Sequence[Mapping[str, Any]], where: str) -> SweepPoints:
    """Return points that are listed, each as values by path; a path that one leaves out stays as it is there.

    Parameters
    ----------
    points
        At least one.
    where
        Place of the list, for errors.
    """
    if not points:
        raise InvalidInput([Problem(where, "", "lists no points")])
    if len(points) > MOST_POINTS:
        raise InvalidInput([Problem(where, "", f"lists {len(points):,} points, and the most are {MOST_POINTS:,}")])
    wrong = [number for number, point in enumerate(points, 1) if not isinstance(point, Mapping)]
    if wrong:
        message = "is not a point; write values by path, such as \"{agents.desk.staff: 4, demand.volume: '*1.1'}\""
        raise InvalidInput(Problem(where, f"point {number}", message) for number in wrong)
    paths = tuple(dict.fromkeys(str(path).strip() for point in points for path in point))
    texts = [{str(path).strip(): text_of(value) for path, value in point.items()} for point in points]
    return SweepPoints("list", paths, tuple(tuple(text.get(path) or None for path in paths) for text in texts))


def read_points(file: Path) -> SweepPoints:
    """Read a list of points: a CSV file with a column per path, or a YAML file with ``points``.

    Raises
    ------
    InvalidInput
        All that is wrong with the file.
    """
    if file.suffix.lower() in _TABLES:
        return _points_of_table(file)
    data = read_yaml(file, "points").data
    points = data.get("points")
    if not isinstance(points, list) or set(data) != {"points"}:
        raise InvalidInput([Problem(str(file), "", 'should hold "points:" and a list of values by path, and no more')])
    return listed(points, str(file))


def _points_of_table(file: Path) -> SweepPoints:
    """Read a CSV file; an empty cell leaves the path as it is."""
    try:
        records = csv_records(read_text(file))
    except csv.Error as error:
        raise InvalidInput([Problem(str(file), "", f"is not CSV: {error}")]) from None
    if len(records) < 2:
        message = "lists no points; the first line has the paths, and each further line a point"
        raise InvalidInput([Problem(str(file), "", message)])
    (line, paths), *rows = records
    problems = []
    if "" in paths:
        problems.append(Problem(str(file), "", "has a column without a path", line))
    problems += [Problem(str(file), path, "has more than one column", line) for path in repeated(paths) if path]
    problems += [
        Problem(str(file), "", f"has {len(cells)} cells, and the first line {len(paths)}", number)
        for number, cells in rows
        if len(cells) != len(paths)
    ]
    if problems:
        raise InvalidInput(problems)
    return listed([dict(zip(paths, cells, strict=True)) for _, cells in rows], str(file))


def _paths(varied: Sequence[Varied]) -> tuple[str, ...]:
    return tuple(each.path for each in varied)
