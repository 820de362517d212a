"""Manifest of a result: scenario, hash, seed, versions and command, enough to reproduce it."""

from __future__ import annotations

import json
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sim.core.files import MARK, write_text
from sim.scenario import Scenario, own_code_of, scenario_hash

__all__ = ["manifest_of", "program_record", "write_provenance"]

_PACKAGES = ("sojourn", "numpy", "scipy", "highspy", "numba", "simpy", "pydantic", "locust")


def manifest_of(task: str, scenario: Scenario, **more: Any) -> dict[str, Any]:
    """Return the manifest of a result.

    Parameters
    ----------
    task
        ``"run"``, ``"whatif"`` or ``"load"``.
    scenario
        What was simulated.
    more
        Seed, replications, engine, overrides ...

    Returns
    -------
    dict
        JSON-able.
    """
    code = [own.record() for own in own_code_of(scenario)]
    return {
        "kind": task,
        "scenario": scenario.name,
        "scenario_hash": scenario_hash(scenario),
        **({"code": code} if code else {}),
        **more,
        **program_record(),
    }


def program_record() -> dict[str, Any]:
    """Return the command, without ``--resume``, the versions of libraries and the time, JSON-able."""
    return {
        "command": ["sojourn", *(word for word in sys.argv[1:] if word != "--resume")],
        "versions": {"python": platform.python_version()} | {name: _version(name) for name in _PACKAGES},
        "platform": platform.platform(terse=True),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def write_provenance(folder: Path, manifest: dict[str, Any], scenario: Scenario) -> None:
    """Write the manifest and the resolved scenario into a result folder.

    Parameters
    ----------
    folder
        The result's folder.
    manifest
        As `manifest_of` makes it.
    scenario
        Whole: with its tables and defaults, so that it can be run again from here.
    """
    write_text(folder / MARK, json.dumps(manifest, indent=1) + "\n")
    write_text(folder / "scenario.json", json.dumps(scenario.model_dump(mode="json"), indent=1) + "\n")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
