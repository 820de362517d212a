"""Provenance of a load: what must be the same where two loads are compared."""

from __future__ import annotations

import os
import platform
from dataclasses import fields
from hashlib import sha256
from math import log2
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract import read_contract

if TYPE_CHECKING:
    from loadtests.trace.model import Trace

__all__ = ["MACHINE", "load_provenance", "machine"]

MACHINE: Final = "SOJOURN_MACHINE"
"""Environment variable: the name of this machine, or of a kind of machines, in place of what they are."""
_DIGITS: Final = 16
"""Hexadecimal digits of a hash in a manifest, as of a scenario's."""


def load_provenance(trace: Trace, contract: Path) -> dict[str, Any]:
    """Return the hashes of a trace and a contract, and this machine, for a manifest.

    Parameters
    ----------
    trace
        Of the scenario, whole. Code of one's own can change it where the scenario's file stays the same.
    contract
        The file with the endpoint's requests.

    Raises
    ------
    InvalidInput
        The contract is wrong.
    """
    read_contract(contract)
    columns = sha256()
    for field in fields(trace):
        column = getattr(trace, field.name)
        columns.update(column.tobytes() if isinstance(column, np.ndarray) else repr(column).encode())
    return {
        "trace_hash": columns.hexdigest()[:_DIGITS],
        "contract_hash": sha256(contract.read_bytes()).hexdigest()[:_DIGITS],
        "machine": machine(),
    }


def machine() -> dict[str, Any]:
    """Return what this machine is: its processor, cores, memory and kind of system, or the name that it was given.

    Runners of CI systems have another host name each time, so that is no part of it.
    """
    if name := os.environ.get(MACHINE):
        return {"name": name}
    return {"processor": _processor(), "cores": os.cpu_count(), "memory": _memory(), "system": platform.system()}


def _processor() -> str:
    """Return the model of the processor, or its architecture where the system does not say it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "") or platform.processor() or platform.machine()


def _memory() -> str | None:
    """Return the class of the memory's size, the nearest power of two; None = not known."""
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):
        return None
    return f"{2 ** max(round(log2(size / 2**30)), 0)} GB" if size > 0 else None
