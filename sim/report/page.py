"""The pages: one self-contained HTML file each, which asks nothing of any server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.core.units import clock
from sim.kpis import define, kpis
from sim.kpis.headlines import HEADLINES
from sim.report.contents import PER_INTERVAL, causes_of, tables_of
from sim.report.forest import forest
from sim.report.journeys import journey_graph
from sim.report.numbers import chance, quantities, quantity
from sim.report.numbers import differences as side_by_side
from sim.report.profiles import demand_and_staff, occupancy, queue_profile
from sim.report.provenance import provenance
from sim.report.tables import headlines, row_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sim.engine.plan import Plan
    from sim.experiment.estimate import Differences, Estimates

__all__ = ["write_report", "write_whatif_report"]

NAME = "report.html"


def write_report(
    folder: Path, plan: Plan, manifest: Mapping[str, Any], estimates: Estimates, flows: NDArray[np.float64]
) -> Path:
    """Write the report of a run.

    Parameters
    ----------
    folder
        Where ``report.html`` goes.
    plan
        What was run.
    manifest
        Where it comes from: scenario, scenario_hash, seed, replications, engine, versions, command, created.
    estimates
        The KPIs.
    flows
        Moves from step to step, added up over the replications (`sim.kpis.measure_blocks`).

    Returns
    -------
    Path
        The file.
    """
    days = estimates.replications
    causes = causes_of(plan, estimates)
    return _write(
        folder,
        "report.html.j2",
        plan,
        manifest,
        title=f"{manifest['scenario']}: simulated",
        subtitle=f"{days} replication{'s' if days > 1 else ''} of {_span(plan)}, seed {manifest['seed']}",
        cards=list(_cards(plan, estimates)),
        demand=demand_and_staff(plan, estimates),
        queues=[{"name": name, "svg": queue_profile(plan, estimates, q)} for q, name in enumerate(plan.queues)],
        occupancy=occupancy(plan, estimates),
        journeys=[
            {"name": name, "svg": journey_graph(plan, flows, i, causes)}
            for i, name in enumerate(plan.intents)
            if flows[0, np.flatnonzero(plan.step_intent == i)].any()
        ],
        tables=[
            _targets(plan, estimates),
            *_tables(plan, estimates, tables_of(plan, estimates)),
            *_tables(plan, estimates, PER_INTERVAL),
        ],
    )


def write_whatif_report(
    folder: Path, plan: Plan, manifest: Mapping[str, Any], differences: Differences, changes: Sequence[str]
) -> Path:
    """Write the report of a comparison.

    Parameters
    ----------
    folder
        Where ``report.html`` goes.
    plan
        The baseline's.
    manifest
        As for `write_report`.
    differences
        Variant - baseline.
    changes
        What was changed, as the user said it.

    Returns
    -------
    Path
        The file.
    """
    days = differences.replications
    drawn = headlines(differences)
    sure = int(sum(differences.significant[i] for i in drawn))
    return _write(
        folder,
        "whatif.html.j2",
        plan,
        manifest,
        title=f"{manifest['scenario']}: what if",
        subtitle=f"{days} paired replication{'s' if days > 1 else ''} of {_span(plan)}, seed {manifest['seed']}",
        changes=list(changes),
        confidence=f"{100 * differences.confidence:g} %",
        sentence=f"Of the {len(drawn)} headline KPIs, {sure} differ significantly.",
        forest=forest(differences, drawn),
        tables=[
            {"title": title, "rows": list(_difference_rows(differences, by, names))}
            for title, by, names in (("Headlines", "all", HEADLINES), *tables_of(plan, differences))
        ],
    )


def _write(folder: Path, template: str, plan: Plan, manifest: Mapping[str, Any], **content: Any) -> Path:
    """Fill a template in."""
    home = FileSystemLoader(Path(__file__).parent)
    pages = Environment(loader=home, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    text = pages.get_template(template).render(
        **content, plan=plan, manifest=manifest, kpis=kpis(), define=define, provenance=list(provenance(manifest))
    )
    path = folder / NAME
    path.write_text(text, encoding="utf-8")
    return path


def _span(plan: Plan) -> str:
    """Return the horizon in words."""
    return f"{clock(plan.origin)} to {clock(plan.origin + plan.intervals * plan.interval, end=True)}"


def _cards(plan: Plan, estimates: Estimates) -> Iterator[dict[str, str]]:
    """Yield the headline KPIs."""
    known = {one.name: one for one in kpis()}
    for i in headlines(estimates):
        row = estimates.index[i]
        one = known[row.kpi]
        columns = (estimates.value, estimates.low, estimates.high)
        value, low, high = quantities([float(column[i]) for column in columns], one.unit)
        yield {
            "title": row_name(row, one),
            "value": value,
            "interval": f"{low} to {high}" if np.isfinite(estimates.low[i]) else "",
            "definition": define(one, plan, row.key),
        }


def _tables(
    plan: Plan, estimates: Estimates, wanted: Sequence[tuple[str, str, Sequence[str]]]
) -> Iterator[dict[str, Any]]:
    """Yield tables of one line per key (and interval)."""
    known = {one.name: one for one in kpis()}
    for title, by, names in wanted:
        keys = dict.fromkeys((row.key, row.interval) for row in estimates.index if row.by == by)
        rows = []
        for key, interval in keys:
            values = [
                quantity(float(estimates.value[estimates.at(name, by, key, interval)]), known[name].unit)
                for name in names
            ]
            when = [] if interval is None else [clock(plan.origin + interval * plan.interval)]
            rows.append([key, *when, *values])
        first = [by.partition("_")[0], *(["from"] if "interval" in by else [])]
        columns = [*first, *(known[name].title for name in names)]
        yield {"title": title, "long": "interval" in by, "columns": columns, "rows": rows}


def _targets(plan: Plan, estimates: Estimates) -> dict[str, Any]:
    """Return the table of service levels and targets: the ratio of the sums, and beside it what single days gave."""
    rows = []
    for queue in plan.queues:
        i = estimates.at("service_level", "queue", queue)
        columns = (estimates.target, estimates.value, estimates.low, estimates.high, estimates.mean_of_days)
        days = (estimates.p10, estimates.p50, estimates.p90, estimates.meets)
        intervals = estimates.value[estimates.at("intervals_on_target", "queue", queue)]
        shares = [*(column[i] for column in (*columns, *days)), intervals]
        rows.append([queue, *(quantity(float(share), "share") for share in shares)])
    names = ("target", "service level", "from", "to", "mean of days", "P10 of days", "P50", "P90")
    return {
        "title": "Service level and target",
        "long": False,
        "columns": ["queue", *names, "days on target", "intervals on target"],
        "rows": rows,
    }


def _difference_rows(differences: Differences, by: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a table of differences."""
    known = {one.name: one for one in kpis()}
    order = {name: place for place, name in enumerate(names)}
    rows = [i for i, row in enumerate(differences.index) if row.by == by and row.kpi in order]
    for i in sorted(rows, key=lambda i: (differences.index[i].key, order[differences.index[i].kpi])):
        row, mark = differences.index[i], bool(differences.significant[i])
        one, size = known[row.kpi], float(differences.difference[i])
        better = one.better is not None and (size > 0) == (one.better == "higher")
        yield {
            "name": row_name(row, one) if by == "all" else f"{row.key}: {one.title}",
            "mark": mark,
            "colour": ("good" if better else "bad") if mark and one.better else "",
            "cells": [
                *quantities([float(differences.baseline[i]), float(differences.variant[i])], one.unit),
                *side_by_side([size, float(differences.low[i]), float(differences.high[i])], one.unit),
                chance(float(differences.p_adjusted[i])),
            ],
        }
