"""Checksums of a result's files, in the form of ``sha256sum``: a file that is damaged or changed later is noticed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import file_digest
from pathlib import Path

from sim.core.errors import InvalidInput, Problem
from sim.core.files import refuse_special, write_text

__all__ = ["CHECKSUMS", "checksum_problems", "write_checksums"]

CHECKSUMS = "SHA256SUMS"
_MAX_BYTES = 10_000


def write_checksums(folder: Path, names: Iterable[str]) -> None:
    """Write the checksums of files, as the last file of a result.

    Parameters
    ----------
    folder
        Gets ``SHA256SUMS``, which ``sha256sum --check`` reads, too.
    names
        Names of its files.

    Raises
    ------
    CannotWrite
        The disk is full, or the folder cannot be written.
    """
    write_text(folder / CHECKSUMS, "".join(f"{_checksum(folder / name)}  {name}\n" for name in names))


def checksum_problems(folder: Path, names: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each file that is not as it was written.

    Parameters
    ----------
    folder
        Of a result.
    names
        Names of files that are there and can be read.
    """
    try:
        refuse_special(folder / CHECKSUMS)
        with (folder / CHECKSUMS).open("rb") as opened:
            lines = opened.read(_MAX_BYTES).decode("ascii").splitlines()
    except (OSError, ValueError, InvalidInput):
        yield Problem(str(folder), "", f"has no {CHECKSUMS}: it is damaged, not finished or old; make the result anew")
        return
    for name in names:
        if f"{_checksum(folder / name)}  {name}" not in lines:
            message = f"is not what {CHECKSUMS} says: it was changed or damaged later; make the result anew"
            yield Problem(str(folder / name), "", message)


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return file_digest(opened, "sha256").hexdigest()
