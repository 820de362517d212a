"""Replications that an interrupt left, kept in the result folder, so that a later run goes on from them.

A file has numbers only: the values of each replication, and the moves from step to step. Its first member says what
they depend on; another scenario, seed, engine or version is refused. Members are not compressed, and no more of them is
read than the replications of these scenarios have, whatever the archive says of its sizes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import FileIO
from pathlib import Path
from typing import IO, Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from sim.core import interrupts
from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_special
from sim.engine import Plan
from sim.engine.plan import Outcome
from sim.experiment.columns import Columns
from sim.experiment.replicate import FirstReplications, Replications
from sim.experiment.sweep_cache import code_digest
from sim.kpis import Measures, bounds_of, index_of
from sim.kpis.model import Index

__all__ = ["KEPT", "Origin", "read_kept", "write_kept"]

F8 = NDArray[np.float64]

KEPT = "replications.zip"
"""File in the folder of an interrupted result."""

_RESUME = "--resume"
_ORIGIN = "origin.json"
_MOST_ORIGIN = 1 << 20  # bytes; a scenario takes some 200
_MOST_DIRECTORY = 1 << 17  # bytes; a scenario takes some 150, and a comment has at most half of it
_UNREADABLE = (
    *(BadZipFile, OSError, EOFError, LookupError, ValueError, TypeError, RuntimeError),
    *(RecursionError, NotImplementedError),
)
_LARGEST = 1e100
_MOST_COUNTED = 1e15  # customers, moves or seconds of a replication
_ROUNDING = 1e-6
_SHOWN = 200  # characters of an error
_DIFFERS = {
    "command": "is that of another command",
    "scenarios": "is of another scenario, or of other changes of it",
    "seed": "has another seed",
    "engine": "was simulated by another engine",
    "log": "was measured with another --log",
    "rows": "has other KPIs, by --kpis, --by, --kpi or --precision",
    "code": "was simulated by another version of Sojourn, NumPy, SciPy or numba",
}


@dataclass(frozen=True)
class Origin:
    """What replications depend on, beside their numbers.

    Parameters
    ----------
    command
        "run" or "compare".
    scenarios
        Hashes of the scenarios (`sim.scenario.scenario_hash`), the baseline's first.
    seed, engine
        As for `sim.experiment.replicate.replicate`.
    log
        Whether a log was kept; without it, sums are rounded differently.
    """

    command: str
    scenarios: tuple[str, ...]
    seed: int
    engine: str
    log: str = ""

    def record(self, indexes: Sequence[Index]) -> dict[str, Any]:
        """Return all that the numbers depend on, JSON-able, with the rows and the code."""
        rows = [sha256(json.dumps(list(index)).encode()).hexdigest() for index in indexes]
        return {**vars(self), "scenarios": list(self.scenarios), "rows": rows, "code": code_digest()}


def write_kept(folder: Path, origin: Origin, simulated: Sequence[Replications]) -> None:
    """Write the replications of an interrupted result.

    Parameters
    ----------
    folder
        Gets the file.
    origin
        What they depend on.
    simulated
        Of each scenario, as many of one as of the others.
    """
    record = origin.record([index_of(each.plan) for each in simulated]) | {"replications": len(simulated[0])}
    with ZipFile(folder / KEPT, "w") as archive:
        archive.writestr(_ORIGIN, json.dumps(record))
        for number, each in enumerate(simulated):
            archive.writestr(f"flows-{number}", each.flows.astype("<f8").tobytes())
            with archive.open(f"values-{number}", "w", force_zip64=True) as member:
                for values in each.columns.replications():
                    member.write(np.stack(values).astype("<f8").tobytes())
                    interrupts.allow(interrupts.KEEPING)


def read_kept(folder: Path, origin: Origin, plans: Sequence[Plan], most: int) -> tuple[FirstReplications, ...]:
    """Read the replications of an interrupted result.

    Parameters
    ----------
    folder
        Of the result.
    origin
        What they must depend on.
    plans
        Of each scenario.
    most
        The number of replications asked for.

    Returns
    -------
    tuple of FirstReplications
        Of each scenario.

    Raises
    ------
    InvalidInput
        There are none, they are of something else, or they are damaged.
    """
    file = folder / KEPT
    if not file.is_file():
        message = f"has no {KEPT}, which an interrupted result keeps, to go on from; leave {_RESUME} out"
        raise InvalidInput([Problem(_RESUME, str(folder), message)])
    try:
        refuse_special(file)
        with _BoundedFile(file) as content, ZipFile(content) as archive:
            content.most = None
            with _opened(archive, _ORIGIN) as member:
                record = json.loads(member.read(_MOST_ORIGIN))
            _refuse_others(file, record, origin.record([index_of(plan) for plan in plans]), most)
            return tuple(_first_of(archive, number, plan, record) for number, plan in enumerate(plans))
    except _UNREADABLE as error:
        message = f"is damaged ({str(error)[:_SHOWN]}); leave {_RESUME} out, which simulates all anew"
        raise InvalidInput([Problem(_RESUME, str(file), message)]) from None


class _BoundedFile(FileIO):
    """A file that is read in small pieces until its directory is known: a forged one may claim gigabytes."""

    most: int | None = _MOST_DIRECTORY

    def read(self, size: int | None = -1) -> bytes:
        """Read so many bytes, or fewer."""
        if self.most is not None and (size is None or not 0 <= size <= self.most):
            size = self.most
        return super().read(-1 if size is None else size)


def _refuse_others(file: Path, record: Mapping[str, Any], wanted: Mapping[str, Any], most: int) -> None:
    """Refuse replications that depend on something else, or are too many."""
    problems = [f"{_DIFFERS[name]}; leave {_RESUME} out" for name, value in wanted.items() if record[name] != value]
    count = record["replications"]
    if type(count) is not int or count < 1:
        raise ValueError("it has no number of replications")
    if count > most:
        problems.append(f"has {count:,} replications, and {most:,} are asked for; leave {_RESUME} out")
    if problems:
        raise InvalidInput([Problem(_RESUME, str(file), problem) for problem in problems])


def _opened(archive: ZipFile, name: str) -> IO[bytes]:
    """Open a member that is as it was written."""
    info = archive.getinfo(name)
    if info.compress_type != ZIP_STORED:  # a few bytes could be made gigabytes
        raise ValueError(f"{name} is compressed")
    return archive.open(info)


def _first_of(archive: ZipFile, number: int, plan: Plan, record: Mapping[str, Any]) -> FirstReplications:
    index, columns = index_of(plan), Columns()
    size, bounds = 2 * 8 * len(index), _bounds_of(plan, index)
    with _opened(archive, f"values-{number}") as member:
        for _ in range(record["replications"]):
            num, den = _numbers(_exactly(member, size)).reshape(2, -1)
            _refuse_impossible(num, den, *bounds)
            columns.add(Measures(index, num, den))
        _exactly(member, 0)
    steps = len(plan.steps)
    shape = (1 + steps, steps + len(Outcome))
    with _opened(archive, f"flows-{number}") as member:
        flows = _numbers(_exactly(member, 8 * shape[0] * shape[1]))
        _exactly(member, 0)
    if not _is_count(flows).all():
        raise ValueError("it has moves of customers that no replication has")
    return FirstReplications(columns, flows.reshape(shape))


def _bounds_of(plan: Plan, index: Index) -> tuple[F8, F8]:
    """Return the least and the greatest value that each row may have; whatever a user's own KPI gives is possible."""
    least, most = bounds_of(index)
    for (name, _), rows in index.slices.items():
        if name in plan.own_kpis:
            least[rows], most[rows] = -np.inf, np.inf
    return least, most


def _refuse_impossible(num: F8, den: F8, least: F8, most: F8) -> None:
    """Refuse values that are out of the range of their KPI, such as shares above 100 %, or that count too much."""
    if not (_is_count(den) | np.isinf(least)).all():
        raise ValueError("it counts more, or less, than any replication")
    for sign, bound in ((-1.0, -least), (1.0, most)):
        rows = np.isfinite(bound)
        if (sign * num[rows] > bound[rows] * den[rows] + _ROUNDING * (1.0 + den[rows])).any():
            raise ValueError("it has values out of the range of their KPI")


def _is_count(numbers: F8) -> NDArray[np.bool_]:
    return (numbers >= -_ROUNDING) & (numbers <= _MOST_COUNTED)


def _numbers(content: bytes) -> F8:
    """Return numbers as replications have them: with others, estimates would overflow."""
    numbers = np.frombuffer(content, "<f8").astype(np.float64)
    sizes = np.abs(numbers)
    if not ((sizes == 0.0) | ((sizes >= 1.0 / _LARGEST) & (sizes <= _LARGEST))).all():
        raise ValueError("it has numbers that no replication has")
    return numbers


def _exactly(member: IO[bytes], size: int) -> bytes:
    """Return so many bytes of a member; 0 for its end, which must be here."""
    content = member.read(size or 1)
    if len(content) != size:
        raise EOFError("its length is not that of the replications")
    return content
