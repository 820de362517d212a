"""Provenance of a load: what must be the same where two loads are compared."""

from __future__ import annotations

import os
import platform
from dataclasses import fields
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from loadtests.contract import read_contract

if TYPE_CHECKING:
    from pathlib import Path

    from loadtests.trace.model import Trace

__all__ = ["load_provenance", "machine"]

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
    """Return what this machine is: its name, cores and system."""
    return {"name": platform.node(), "cores": os.cpu_count(), "system": platform.platform(terse=True)}
