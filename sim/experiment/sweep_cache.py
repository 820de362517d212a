"""Cache of a sweep: what replications gave, one file for some replications of one point, named by its content's origin.

A file is named after everything that its content depends on: the scenario after its overrides, the seed, the
replications, the rows, the engine, and the code that simulates and measures. So nothing in it ever becomes wrong; what
a newer version simulates has other names. A file holds numbers only, behind a checksum: one that is damaged counts as
missing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import routing
import sim
from sim.core.errors import InvalidInput
from sim.core.files import refuse_special, write_bytes
from sim.kpis import Row

__all__ = ["Piece", "SweepCache", "Values", "code_digest"]

F8 = NDArray[np.float64]
Values = tuple[F8, F8]  # numerators and denominators, [replications, rows]

_LIBRARIES = ("numpy", "scipy", "numba")  # that compute
_DIGEST = sha256().digest_size
_NO_RESULTS = "report"  # the folder of `sim` on which no simulated number depends


@dataclass(frozen=True)
class Piece:
    """Some replications of one scenario, the unit that is kept.

    Parameters
    ----------
    scenario
        Hash of the scenario after its overrides (`sim.scenario.scenario_hash`).
    seed, engine
        As for `sim.experiment.replicate.replicate`.
    first, count
        Its replications.
    """

    scenario: str
    seed: int
    engine: str
    first: int
    count: int


class SweepCache:
    """Pieces that were simulated before, in a folder, which may be deleted at any time.

    Parameters
    ----------
    folder
        It is made when the first piece is kept.
    anew
        Whether nothing is read, but all simulated anew.
    """

    def __init__(self, folder: Path, *, anew: bool = False) -> None:
        self.folder, self._anew = folder, anew

    def __repr__(self) -> str:
        """Return the folder."""
        return f"<SweepCache: {self.folder}>"

    def read(self, piece: Piece, rows: Sequence[Row]) -> Values | None:
        """Return the values of a piece; None if they were not kept, or are damaged."""
        if self._anew:
            return None
        key = _key(piece, rows)
        content = _content(self._file(key), _DIGEST + 2 * piece.count * len(rows) * 8)
        digest, numbers = content[:_DIGEST], content[_DIGEST:]
        if digest != sha256(key.encode() + numbers).digest():
            return None
        num, den = np.frombuffer(numbers, dtype="<f8").astype(np.float64).reshape(2, piece.count, len(rows))
        return num, den

    def write(self, piece: Piece, rows: Sequence[Row], values: Values) -> None:
        """Keep the values of a piece.

        Raises
        ------
        CannotWrite
            The disk is full, or the folder cannot be written.
        """
        key = _key(piece, rows)
        numbers = np.stack(values).astype("<f8").tobytes()
        write_bytes(self._file(key), sha256(key.encode() + numbers).digest() + numbers)

    def _file(self, key: str) -> Path:
        return self.folder / key[:2] / key


def _content(file: Path, size: int) -> bytes:
    """Return the content of a file of a size; empty if there is none: a pipe or a device may have no end."""
    try:
        refuse_special(file)
        with file.open("rb") as opened:
            return opened.read(size + 1)
    except (OSError, InvalidInput):
        return b""


def _key(piece: Piece, rows: Sequence[Row]) -> str:
    origin = {**asdict(piece), "rows": list(rows), "code": code_digest()}
    return sha256(json.dumps(origin).encode()).hexdigest()


@cache
def code_digest() -> str:
    """Return a hash of the code that simulates and measures, and of the versions of the libraries that compute."""
    digest = sha256(json.dumps({name: version(name) for name in _LIBRARIES}).encode())
    for package in (sim, routing):
        (folder,) = package.__path__
        for file in sorted(Path(folder).rglob("*.py")):
            name = file.relative_to(folder)
            if name.parts[0] != _NO_RESULTS:
                digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()
