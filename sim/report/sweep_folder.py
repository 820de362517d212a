"""Result folder of a sweep: report, table and manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish
from sim.engine import Plan
from sim.experiment.manifest import write_provenance
from sim.experiment.sweep_estimates import SweepValues
from sim.report.records import write_csv, write_parquet
from sim.report.sweep_records import sweep_records
from sim.scenario import Scenario
from sim.scenario.sweep_points import SweepPoints

__all__ = ["write_sweep"]


def write_sweep(
    out: Path,
    scenario: Scenario,
    manifest: Mapping[str, Any],
    plan: Plan,
    points: SweepPoints,
    values: SweepValues,
    notes: Sequence[str] = (),
) -> None:
    """Write the result folder of a sweep; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    scenario, manifest
        Of the sweep, before the points change it.
    plan
        Of a point, for titles and definitions.
    points, values
        What was simulated.
    notes
        Sentences about it.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    with publish(out) as folder:
        write_provenance(folder, dict(manifest), scenario)
        rows = sweep_records(points, values)
        write_csv(folder / "sweep.csv", rows)
        texts = {path for path in points.paths if any(isinstance(row[path], str) for row in rows)}
        write_parquet(folder / "sweep.parquet", rows, texts)
        from sim.report.sweep_page import write_sweep_report

        write_sweep_report(folder, plan, manifest, points, values, notes)
        write_checksums(folder, (MARK, "scenario.json", "sweep.csv", "sweep.parquet"))
