"""Result folders of runs and comparisons: report, tables, log, scenario and manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish
from sim.engine import Log, Plan
from sim.engine.log import TABLES, Table, columns_of
from sim.engine.plan import Outcome, Result
from sim.experiment.estimate import Differences
from sim.experiment.manifest import write_provenance
from sim.experiment.replicate import Replications
from sim.report.background import BackgroundReport, InlineReport, ReportInputs
from sim.report.records import difference_records, records, write_json, write_parquet
from sim.scenario import Scenario

__all__ = ["write_log", "write_run", "write_whatif"]

Names = tuple[NDArray[np.int32], Sequence[str]]  # numbers of names, and the names


def write_run(
    out: Path,
    scenario: Scenario,
    manifest: Mapping[str, Any],
    done: Replications,
    log: Log | None,
    report: BackgroundReport | InlineReport | None,
) -> None:
    """Write the result folder of a run; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    scenario, manifest
        Of the run.
    done
        The replications.
    log
        Of replication 0; None = write no log.
    report
        Draws ``report.html``; None = write no report.

    Raises
    ------
    CannotWrite, InvalidInput, SojournError
        Nothing was changed.
    """
    estimates = done.estimates
    with publish(out) as folder:
        if report is not None:
            report.write_report(ReportInputs(folder, done.plan, manifest, estimates, done.flows))
        write_provenance(folder, dict(manifest), scenario)
        rows = records(done.plan, estimates)
        write_json(folder / "kpis.json", rows)
        write_parquet(folder / "kpis.parquet", rows)
        if log is not None:
            write_log(folder, done.plan, log)
        if report is not None and not report.wait():
            (folder / "report.html").unlink(missing_ok=True)
        write_checksums(folder, (MARK, "scenario.json", "kpis.json"))


def write_whatif(
    out: Path,
    scenarios: tuple[Scenario, Scenario],
    manifest: Mapping[str, Any],
    plan: Plan,
    differences: Differences,
    changes: Sequence[str],
    notes: Sequence[str] = (),
) -> None:
    """Write the result folder of a comparison; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    scenarios
        Baseline and variant.
    manifest
        Of the comparison.
    plan
        The baseline's.
    differences
        Variant - baseline.
    changes
        The changes, as the user wrote them.
    notes
        Sentences about them, for the report.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    baseline, variant = scenarios
    with publish(out) as folder:
        write_provenance(folder, dict(manifest), baseline)
        (folder / "variant.json").write_text(variant.model_dump_json(indent=1) + "\n", encoding="utf-8")
        rows = difference_records(plan, differences)
        write_json(folder / "differences.json", rows)
        write_parquet(folder / "differences.parquet", rows)
        from sim.report.page import write_whatif_report

        write_whatif_report(folder, plan, manifest, differences, changes, notes)


def write_log(folder: Path, plan: Plan, log: Log) -> None:
    """Write an event log as Parquet, with names instead of numbers, and instants in seconds from the first midnight.

    Parameters
    ----------
    folder
        Gets ``log.parquet``, one row per touchpoint, ``presence.parquet``, one row per stretch in which an agent was
        there, and ``interruptions.parquet``, one row per interruption of a contact.
    plan, log
        What was planned, and what happened.
    """
    outcomes = [outcome.name.lower() for outcome in Outcome]
    after = np.where(log.next < 0, len(plan.steps) - 1 - log.next, log.next).astype(np.int32)
    names: dict[str, Names] = {
        "step": (log.step, plan.steps),
        "next": (after, (*plan.steps, *outcomes)),
        "result": (log.result, [result.name.lower() for result in Result]),
        "group": (np.where(log.group < 0, len(plan.groups), log.group).astype(np.int32), (*plan.groups, "")),
    }
    _write_table(folder / "log.parquet", log, names)
    for name in TABLES:
        table = getattr(log, name)
        _write_table(folder / f"{name}.parquet", table, {"group": (table.group, plan.groups)})


def _write_table(path: Path, table: Table, names: Mapping[str, Names]) -> None:
    """Write the columns of a table as Parquet, some of them as names."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        name: pa.DictionaryArray.from_arrays(names[name][0], pa.array(names[name][1], pa.string()))
        if name in names
        else pa.array(getattr(table, name), from_pandas=True)
        for name in columns_of(type(table))
    }
    pq.write_table(pa.table(columns), path, compression="zstd")
