"""Result files for programs: JSON and Parquet, one record per KPI, dimension, key and interval or day."""

from __future__ import annotations

import csv
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import define, kpis_in
from sim.kpis.intervals import days_of
from sim.report.workbook import safe_text

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates
    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["comparison_records", "difference_records", "records", "write_csv", "write_json", "write_parquet"]

ESTIMATES = ("value", "low", "high", "mean_of_days", "p10", "p50", "p90", "target", "meets")
DIFFERENCES = ("baseline", "variant", "difference", "low", "high", "p", "p_adjusted", "significant")
INTEGERS = ("interval", "day", "point", "replications")
TEXTS = ("name", "kpi", "by", "key", "weekday", "date", "time", "unit", "definition")


def records(plan: Plan, estimates: Estimates) -> list[dict[str, Any]]:
    """Return the estimates as records, with None for NaN."""
    return list(_records(plan, estimates, ESTIMATES))


def difference_records(plan: Plan, differences: Differences) -> list[dict[str, Any]]:
    """Return the differences as records, with None for NaN; ``plan`` is the baseline's."""
    return list(_records(plan, differences, DIFFERENCES))


def comparison_records(plan: Plan, comparison: Comparison) -> list[dict[str, Any]]:
    """Return the differences of all variants as records, with None for NaN; ``plan`` is the baseline's."""
    return [
        {"name": name, **record, "best": best}
        for number, (name, differences) in enumerate(zip(comparison.names[1:], comparison.differences, strict=True), 1)
        for record, best in zip(difference_records(plan, differences), _plain(comparison.best[number]), strict=True)
    ]


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write records with the same keys as a CSV file, without the definitions; no name is a formula in it."""
    names = [name for name in (rows[0] if rows else ()) if name != "definition"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, extrasaction="ignore")
        writer.writeheader()
        writer.writerows({name: safe_text(v) if isinstance(v, str) else v for name, v in row.items()} for row in rows)


def write_json(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write records without NaN as a JSON array, one record per line."""
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)
    path.write_text(f"[\n{lines}\n]\n" if rows else "[]\n", encoding="utf-8")


def write_parquet(path: Path, rows: list[dict[str, Any]], texts: Collection[str] = ()) -> None:
    """Write records with the same keys as a Parquet file; ``texts`` are further columns of texts, not numbers."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = dict.fromkeys(INTEGERS, pa.int32()) | dict.fromkeys((*TEXTS, *texts), pa.string())
    types["significant"] = pa.bool_()
    names = list(rows[0]) if rows else []
    schema = pa.schema([(name, types.get(name, pa.float64())) for name in names])
    with path.open("wb") as file:  # a path that is no UTF-8 is none to the library
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), file, compression="zstd")


def _records(plan: Plan, rows: Estimates | Differences, columns: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """Yield the rows as records."""
    known = kpis_in(rows.index)
    definitions = {(name, key): define(kpi, plan, key) for name, kpi in known.items() for key in ("", *plan.queues)}
    values: Mapping[str, list[Any]] = {name: _plain(getattr(rows, name)) for name in columns}
    several_days, has_dates = days_of(plan) > 1, plan.calendar.first is not None
    for i, row in enumerate(rows.index):
        key = row.key if row.by.startswith("queue") and row.by != "queue_group" else ""
        yield {
            **{name: part for name, part in row._asdict().items() if several_days or name not in {"day", "weekday"}},
            **(_date(plan, row) if has_dates else {}),
            **{name: column[i] for name, column in values.items()},
            "unit": known[row.kpi].unit,
            "definition": definitions[row.kpi, key],
        }


def _date(plan: Plan, row: Row) -> dict[str, str | None]:
    """Return the date of a row by day or by interval, and the time of day at which an interval begins."""
    calendar = plan.calendar
    if row.interval is None:
        return {"date": calendar.day_name(row.day) if row.day else None, "time": None}
    begin = plan.origin + row.interval * plan.interval
    return {"date": calendar.day_name(calendar.local(begin)[0]), "time": calendar.clock_label(begin)}


def _plain(column: np.ndarray[tuple[int], Any]) -> list[Any]:
    """Return a column as Python values, with None for NaN."""
    if column.dtype == np.bool_:
        return list(column.tolist())
    return [None if math.isnan(value) else value for value in column.tolist()]
