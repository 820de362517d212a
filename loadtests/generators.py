"""Reports of the generators of a load: each process writes what it did, and how late its own loop was.

A report stands beside the ledger of its process. It is written when the process begins and again when it has sent its
part, so a process that was killed is known by name.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from loadtests.failures import Failure, Sample
from sim.core.errors import CannotWrite, SojournError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["Connections", "GeneratorReport", "Silence", "read_reports", "write_report"]


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of one generator, or of all."""

    limit: int  # at most so many at once
    most: int  # so many were open at once
    waited: int  # attempts for which none was free
    longest_wait: float  # seconds


@dataclass(frozen=True, slots=True)
class Silence:
    """A time without any answer; seconds since the run's start."""

    begin: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class GeneratorReport:
    """The report of one process that sends."""

    shard: int  # 0, 1 ...; it sends every n-th journey
    process: int | None = None  # its number
    complete: bool = False  # False: it ended before it had sent its part
    connections: Connections | None = None
    cpu_seconds: float | None = None  # while it sent
    peak_memory: int | None = None  # bytes
    gave_up: Silence | None = None  # why it ended before
    failures: tuple[Failure, ...] = ()
    own_lag: NDArray[np.float32] = field(default_factory=lambda: np.zeros(0, np.float32))  # seconds, by its heartbeat

    def as_json(self) -> dict[str, Any]:
        """Return all but the lag, which has a file of its own."""
        return {name: value for name, value in asdict(self).items() if name != "own_lag"}


def write_report(folder: Path, report: GeneratorReport) -> None:
    """Write the report of a generator, instead of its former one.

    Raises
    ------
    CannotWrite
        The disk is full or the folder read-only.
    """
    try:
        report.own_lag.tofile(folder / f"heartbeat-{report.shard}.bin")
        fresh = folder / f"generator-{report.shard}.new"
        fresh.write_text(json.dumps(report.as_json()) + "\n", encoding="utf-8")
        fresh.replace(fresh.with_suffix(".json"))  # a kill leaves the former one, or this one
    except OSError as error:
        raise CannotWrite(f"{folder}: the generator's report cannot be written: {error.strerror}") from None


def read_reports(folder: Path) -> list[GeneratorReport]:
    """Read the reports of a run's generators, in the order of their shards.

    Raises
    ------
    SojournError
        A file holds what no generator writes.
    """
    return sorted((_read(path) for path in folder.glob("generator-*.json")), key=lambda report: report.shard)


def _read(path: Path) -> GeneratorReport:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        for name, form in (("connections", Connections), ("gave_up", Silence)):
            content[name] = form(**content[name]) if content[name] else None
        content["failures"] = tuple(map(_failure, content["failures"]))
        lag = np.fromfile(path.with_name(f"heartbeat-{content['shard']}.bin"), dtype=np.float32)
        return GeneratorReport(**content, own_lag=lag)
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        message = f"{path}: is not what a generator writes; check the disk, and repeat the load"
        raise SojournError(message) from None


def _failure(content: dict[str, Any]) -> Failure:
    samples = tuple(Sample(**sample) for sample in content.pop("samples"))
    return Failure(**content, samples=samples)
