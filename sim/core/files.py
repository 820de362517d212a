"""Write results so that a failure loses nothing that was there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sim.core.errors import CannotWrite, InvalidInput, Problem

__all__ = ["MARK", "publish", "refuse_foreign", "write_text"]

MARK = "manifest.json"  # a folder that holds this file is a result of ours, and may be replaced


@contextmanager
def publish(out: Path) -> Iterator[Path]:
    """Give a fresh folder to write into, which takes the place of `out` when all went well.

    Parameters
    ----------
    out
        Where the result belongs. An earlier result there is replaced in one step; any other non-empty folder is
        refused.

    Yields
    ------
    Path
        An empty folder beside `out`.

    Raises
    ------
    InvalidInput
        `out` holds something that is not a result.
    CannotWrite
        The disk is full, or the folder cannot be written; what was there still is.
    """
    fresh: Path | None = None
    try:
        refuse_foreign(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
        yield fresh
        _swap(fresh, out)
    except CannotWrite as error:  # of a file inside, whose folder nobody but us knows
        raise CannotWrite(str(error).replace(str(fresh), str(out))) from error.__cause__
    except OSError as error:
        raise CannotWrite(f"{out}: cannot write the result: {error.strerror or error}; nothing was changed") from error
    finally:
        if fresh is not None:
            shutil.rmtree(fresh, ignore_errors=True)


def refuse_foreign(out: Path) -> None:
    """Refuse a folder that `publish` would refuse; to be called before the work whose result it should hold.

    Parameters
    ----------
    out
        Where a result would be put.

    Raises
    ------
    InvalidInput
        It holds something that is not a result.
    CannotWrite
        It cannot even be read.
    """
    try:
        foreign = any(out.iterdir()) and not (out / MARK).exists() if out.is_dir() else out.exists()
    except OSError as error:
        raise CannotWrite(f"{out}: cannot be read: {error.strerror or error}; nothing was changed") from error
    if foreign:
        where = Problem(str(out), "", f"holds something that is not a result (no {MARK}); give another --out")
        raise InvalidInput([where])


def write_text(path: Path, text: str) -> None:
    """Write a whole text file, or leave what was there.

    Parameters
    ----------
    path
        The file; its folder is made.
    text
        The content.

    Raises
    ------
    CannotWrite
        The disk is full, or the file cannot be written; what was there still is.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        raise CannotWrite(f"{path}: cannot write: {error.strerror or error}; nothing was changed") from error
    finally:
        if fresh.exists():
            fresh.unlink()


def _swap(fresh: Path, out: Path) -> None:
    fresh.chmod(0o755)
    if not out.exists():
        fresh.rename(out)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{out.name}-old-", dir=out.parent))
    try:
        out.rename(old / "was")
        fresh.rename(out)
    finally:  # an interrupt, too, must not cost the earlier result
        if not out.exists():
            _put_back(old / "was", out)
        shutil.rmtree(old, ignore_errors=True)


def _put_back(was: Path, out: Path) -> None:
    try:
        was.rename(out)
    except OSError as error:
        what = f"{out}: cannot write the result: {error.strerror or error}; the earlier result is in {was}"
        raise CannotWrite(what) from error
