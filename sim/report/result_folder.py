"""Result folders of runs and comparisons: report, tables, log, scenario and manifest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.core.checksums import write_checksums
from sim.core.files import MARK, publish
from sim.engine import Log, Plan
from sim.engine.log import TABLES, Table, columns_of
from sim.engine.plan import Outcome, Result
from sim.experiment.kept_replications import Origin, write_kept
from sim.experiment.manifest import write_provenance
from sim.experiment.paired_values import PAIRED, write_paired_values
from sim.experiment.replicate import Replications
from sim.kpis import Row
from sim.report.background import BackgroundReport, InlineReport, ReportInputs
from sim.report.records import comparison_records, difference_records, records, write_csv, write_json, write_parquet
from sim.report.workbook import FOLDER, WORKBOOK
from sim.scenario import Scenario

if TYPE_CHECKING:
    from sim.experiment.variants import Comparison
    from sim.scenario.variants import Variant

__all__ = ["write_comparison", "write_log", "write_run"]

Names = tuple[NDArray[np.int32], Sequence[str]]  # numbers of names, and the names


def write_run(
    out: Path,
    scenario: Scenario,
    manifest: Mapping[str, Any],
    done: Replications,
    log: Log | None,
    report: BackgroundReport | InlineReport | None,
    origin: Origin,
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
        Draws ``report.html``, and writes the tables beside it; None = write neither.
    origin
        What the replications depend on; if some are missing, the others are kept, to go on from.

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
        write_paired_values(folder, done)
        if log is not None:
            write_log(folder, done.plan, log)
        if len(done) < done.wanted:
            write_kept(folder, origin, [done])
        if report is not None and not report.wait():
            (folder / "report.html").unlink(missing_ok=True)
            (folder / WORKBOOK).unlink(missing_ok=True)
            rmtree(folder / FOLDER, ignore_errors=True)
        paired = [PAIRED] if (folder / PAIRED).exists() else []
        write_checksums(folder, (MARK, "scenario.json", "kpis.json", *paired))


def write_comparison(
    out: Path,
    variants: Sequence[Variant],
    manifest: Mapping[str, Any],
    plan: Plan,
    comparison: Comparison,
    judged: Row,
    notes: Sequence[str],
    simulated: Sequence[Replications],
    origin: Origin,
    *,
    report: bool = True,
) -> None:
    """Write the result folder of a comparison; on an error, leave the disk as it was.

    Parameters
    ----------
    out
        The folder; it replaces an earlier result there.
    variants
        The baseline, and at least one variant.
    manifest
        Of the comparison.
    plan
        The baseline's.
    comparison
        Of all variants.
    judged
        The row by which they are judged.
    notes
        Sentences about the changes, for the report.
    simulated, origin
        The replications of each variant, and what they depend on; if some are missing, the others are kept, to go on
        from.
    report
        Whether to draw ``report.html`` and write its tables.

    Raises
    ------
    CannotWrite, InvalidInput
        Nothing was changed.
    """
    with publish(out) as folder:
        write_provenance(folder, dict(manifest), variants[0].scenario)
        if len(variants) == 2:
            _write_variant(folder / "variant.json", variants[1])
            rows = difference_records(plan, comparison.differences[0])
        else:
            for number, variant in enumerate(variants[1:], start=1):
                _write_variant(folder / f"variant-{number}.json", variant)
            rows = comparison_records(plan, comparison)
        write_json(folder / "differences.json", rows)
        write_parquet(folder / "differences.parquet", rows)
        write_csv(folder / "differences.csv", rows)
        if report:
            from sim.report.variants_page import write_variants_report

            changes = [_change_of(variants[0], each) for each in variants]
            write_variants_report(folder, plan, manifest, comparison, judged, changes, notes)
        if len(simulated[0]) < simulated[0].wanted:
            write_kept(folder, origin, simulated)


def _write_variant(path: Path, variant: Variant) -> None:
    path.write_text(variant.scenario.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _change_of(baseline: Variant, variant: Variant) -> list[str]:
    """Return what a variant changes: its file where it is another, and its overrides."""
    return [*([variant.file] if variant is baseline or variant.file != baseline.file else []), *variant.changes]


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
    with path.open("wb") as file:  # a path that is no UTF-8 is none to the library
        pq.write_table(pa.table(columns), file, compression="zstd")
