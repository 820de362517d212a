"""Page of a comparison of variants: verdict first, then the variants side by side, then each by itself."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.kpis import index_of, kpi, targets_of
from sim.kpis.headlines import HEADLINES
from sim.report.forest_plot import forest_plot
from sim.report.hints import hint_at_later_contacts, hint_at_later_work
from sim.report.number_format import probability_text, quantities, quantity, signed_quantities, signed_quantity
from sim.report.page import difference_rows, extent, page_table, period, write_page
from sim.report.table_columns import report_tables
from sim.report.tables import comparison_sheets
from sim.report.terminal_tables import headlines, row_name
from sim.report.titles import with_titles
from sim.report.variant_figures import curves, heat_map, tornado
from sim.report.variant_risk import variant_risk
from sim.report.workbook import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sim.engine.plan import Plan
    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["paid_rows", "variant_lines", "verdict", "write_variants_report"]

SURE = 0.95  # probability to be best from which on there is no doubt in words
WHOM = ("queue", "segment", "intent", "channel", "group")
MOST_FORESTS = 4


def write_variants_report(
    folder: Path,
    plan: Plan,
    manifest: Mapping[str, Any],
    comparison: Comparison,
    judged: Row,
    changes: Sequence[Sequence[str]],
    notes: Sequence[str] = (),
) -> Path:
    """Write the report of a comparison to ``report.html``, its tables beside it; return the page's path.

    ``plan`` is the baseline's, ``judged`` the row by which the variants are judged, and ``changes`` those of the
    baseline and each variant, as the user wrote them; ``notes`` are sentences about them.
    """
    plan, comparison, titled = with_titles(plan, comparison, judged)
    judged = titled or judged
    costs = paid_rows(comparison, judged)
    first = comparison.differences[0]
    several = len(comparison.differences) > 1
    title = f"{manifest['scenario']}: {'comparison of variants' if several else 'what-if comparison'}"
    subtitle = f"{extent(plan, comparison.replications, 'paired')}, seed {manifest['seed']}"
    write_tables(folder, comparison_sheets(plan, comparison, [judged, *costs]), (title, subtitle))
    return write_page(
        folder,
        "variants.html.j2",
        plan,
        manifest,
        title=title,
        subtitle=subtitle,
        sentences=verdict(comparison, judged, plan),
        confidence=f"{100 * comparison.confidence:g} %",
        several=several,
        judged=row_name(judged, kpi(judged.kpi)),
        period=period(plan)[0],
        columns=_columns(judged, costs, period(plan)[0]),
        lines=list(variant_lines(comparison, judged, costs)),
        changes=list(zip(comparison.names, changes, strict=True)),
        notes=[*notes, *filter(None, [hint_at_later_contacts(first), hint_at_later_work(first)])],
        tornado=tornado(comparison, [judged, *costs], "tornado"),
        curves=curves(comparison, plan, judged),
        where=heat_map(comparison, plan, judged),
        names=comparison.names,
        risk=[page_table(sheet) for sheet in variant_risk(comparison, judged)],
        figures=list(_key_figures(comparison)),
        whom=list(_for_whom(comparison, judged)),
        details=[
            {
                "name": name,
                "forest": forest_plot(each, headlines(each), f"forest-{number}")
                if len(comparison.differences) <= MOST_FORESTS
                else "",
                "tables": [
                    {"title": title, "rows": list(difference_rows(each, by, names))}
                    for title, by, names in (("Key figures", "all", HEADLINES), *report_tables(plan, each))
                ],
            }
            for number, (name, each) in enumerate(zip(comparison.names[1:], comparison.differences, strict=True))
        ],
    )


def paid_rows(comparison: Comparison, judged: Row) -> list[Row]:
    """Return the row of the cost, if it is not the judged one and anything costs."""
    return [
        row
        for at, row in enumerate(comparison.index)
        if row[:3] == ("cost", "all", "") and row != judged and bool((comparison.value[:, at] > 0).any())
    ]


def verdict(comparison: Comparison, judged: Row, plan: Plan) -> list[str]:
    """Return sentences: which variant is best, how sure that is, what it changes and what it costs.

    ``plan`` is the baseline's; it has the target.
    """
    shown, at = kpi(judged.kpi), comparison.at(judged)
    title = row_name(judged, shown)
    different = [
        name for name, each in zip(comparison.names[1:], comparison.differences, strict=True) if each.significant[at]
    ]
    if comparison.replications < 2:
        return ["One replication only: the role of chance is unknown."]
    if shown.better is None:
        return [f"{len(different)} of {len(comparison.differences)} variants differ significantly in {title}."]
    best = comparison.best[:, at]
    if np.isnan(best).any():
        return [f"{title} is undefined in some variants, so none is called the best."]
    order = np.lexsort((-(1.0 if shown.better == "higher" else -1.0) * comparison.value[:, at], -best))
    leader, second = int(order[0]), int(order[1])
    sentences = []
    if best[leader] >= SURE:
        sentences.append(
            f"{_quoted(comparison, leader)} is best in {title}, with a probability of {probability_text(best[leader])}."
        )
    else:
        sentences.append(
            f"{_quoted(comparison, leader)} ({probability_text(best[leader])}) and {_quoted(comparison, second)} "
            f"({probability_text(best[second])}) are the likeliest to be best in {title}; "
            f"{_needed(comparison, at, leader, second)}."
        )
    if leader:
        sentences.append(_effect(comparison, at, leader))
    sentences += _target(comparison, at, plan)
    sentences += _cheaper(comparison, at, leader)
    sentences += _counts(comparison, at)
    return sentences


def _target(comparison: Comparison, at: int, plan: Plan) -> list[str]:
    """Return a sentence about the variants that reach the target, if there is one."""
    target = float(targets_of(plan)[index_of(plan).rows.index(comparison.index[at])])
    if math.isnan(target):
        return []
    values = comparison.value[:, at]
    reached = [_quoted(comparison, v) for v in range(len(values)) if values[v] >= target]
    wanted = f"the target of {quantity(target, kpi(comparison.index[at].kpi).unit)}"
    if not reached:
        return [f"None reaches {wanted}."]
    return ["All reach " + wanted + "."] if len(reached) == len(values) else [f"{', '.join(reached)} reach {wanted}."]


def _cheaper(comparison: Comparison, at: int, leader: int) -> list[str]:
    """Return a sentence about variants that are better than the baseline, too, and cheaper than the best one."""
    cost = _cost_row(comparison, at)
    if cost < 0:
        return []
    sign = 1.0 if kpi(comparison.index[at].kpi).better == "higher" else -1.0
    gain, spent = sign * comparison.value[:, at], comparison.value[:, cost]
    better = [v for v in range(1, len(gain)) if comparison.differences[v - 1].significant[at] and gain[v] > gain[0]]
    cheaper = [v for v in better if spent[v] < spent[leader]]
    listed = [v for v in cheaper if not any(gain[o] >= gain[v] and spent[o] < spent[v] for o in cheaper)]
    if not listed:
        return []
    each = [comparison.differences[v - 1] for v in listed]
    unit = kpi(comparison.index[at].kpi).unit
    texts = [
        f"{_quoted(comparison, v)} ({signed_quantity(float(d.difference[at]), unit)}, "
        f"cost {signed_quantity(float(d.difference[cost]), '')})"
        for v, d in zip(listed, each, strict=True)
    ]
    return [f"Cheaper, and better than {_quoted(comparison, 0)}, too: {', '.join(texts)}."]


def _counts(comparison: Comparison, at: int) -> list[str]:
    """Return a sentence about how many variants are better and worse than the baseline."""
    sign = 1.0 if kpi(comparison.index[at].kpi).better == "higher" else -1.0
    sizes = [sign * float(each.difference[at]) for each in comparison.differences if each.significant[at]]
    better, worse = sum(size > 0 for size in sizes), sum(size < 0 for size in sizes)
    if not sizes:
        return [f"No variant differs significantly from {_quoted(comparison, 0)}."]
    if len(comparison.differences) == 1:
        return []
    of_all = f"of {len(comparison.differences)} variants, {better} significantly better than {_quoted(comparison, 0)}"
    return [f"{of_all[0].upper()}{of_all[1:]}, {worse} worse."]


def _cost_row(comparison: Comparison, at: int) -> int:
    """Return the row of the cost; -1 where nothing costs, or it is the judged row."""
    row = next((i for i, row in enumerate(comparison.index) if row[:3] == ("cost", "all", "")), -1)
    return -1 if row < 0 or row == at or not comparison.value[0, row] else row


def _quoted(comparison: Comparison, variant: int) -> str:
    return f'"{comparison.names[variant]}"'


def _effect(comparison: Comparison, at: int, variant: int) -> str:
    """Return the effect of a variant on the judged row, and on cost."""
    each = comparison.differences[variant - 1]
    unit = kpi(comparison.index[at].kpi).unit
    size, low, high = signed_quantities([float(column[at]) for column in (each.difference, each.low, each.high)], unit)
    before, after = quantities([float(each.baseline[at]), float(each.variant[at])], unit)
    sentence = f"With {_quoted(comparison, variant)}: {after} in place of {before} ({size}, from {low} to {high})"
    cost_row = _cost_row(comparison, at)
    if cost_row < 0:
        return f"{sentence}."
    cost = float(each.difference[cost_row])
    share = 100 * cost / float(each.baseline[cost_row])
    return (
        f"{sentence}; cost {signed_quantity(cost, '')} ({share:+.1f} %)." if cost else f"{sentence}, at the same cost."
    )


def _needed(comparison: Comparison, at: int, leader: int, second: int) -> str:
    """Return how many replications would tell two variants apart, if their difference is what it seems to be."""
    apart = abs(float(comparison.value[leader, at] - comparison.value[second, at]))
    error = comparison.error(leader, second, at)
    if not apart or not error:
        return "they are equal so far"
    wanted = math.ceil(comparison.replications * (1.96 * error / apart) ** 2)
    if wanted > 1_000_000:
        return "they are equal for all practical purposes"
    replications = float(f"{max(wanted, comparison.replications + 1):.2g}")
    return f"to tell them apart takes some {replications:,.0f} replications, or more if the difference is smaller"


def _columns(judged: Row, costs: Sequence[Row], replication: str) -> list[str]:
    """Return the titles of the columns of `variant_lines`."""
    paid = [name for row in costs for name in (kpi(row.kpi).title, "difference")]
    return [
        "variant",
        row_name(judged, kpi(judged.kpi)),
        "difference",
        "from",
        "to",
        *paid,
        "best",
        f"best {replication}s",
    ]


def variant_lines(comparison: Comparison, judged: Row, costs: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """Yield a line per variant: the judged row and its difference, cost, and how probably it is best."""
    at, sign = comparison.at(judged), -1.0 if kpi(judged.kpi).better == "lower" else 1.0
    order = np.lexsort((-sign * comparison.value[:, at], -np.nan_to_num(comparison.best[:, at])))
    for variant in order:
        cells: list[tuple[str, str]] = []
        for row in (judged, *costs):
            at, shown = comparison.at(row), kpi(row.kpi)
            cells.append((quantity(float(comparison.value[variant, at]), shown.unit), ""))
            if variant == 0:
                cells += [("", "")] * (1 if row in costs else 3)
                continue
            each = comparison.differences[variant - 1]
            texts = signed_quantities(
                [float(column[at]) for column in (each.difference, each.low, each.high)], shown.unit
            )
            significant = bool(each.significant[at])
            colour = _colour(shown.better, float(each.difference[at])) if significant else ""
            cells.append((texts[0] + (" *" if significant else ""), colour))
            cells += [] if row in costs else [(texts[1], ""), (texts[2], "")]
        at = comparison.at(judged)
        best, days = float(comparison.best[variant, at]), float(comparison.best_days[variant, at])
        cells += [("-" if math.isnan(best) else probability_text(best), ""), (quantity(days, "share"), "")]
        yield {"name": comparison.names[variant], "baseline": variant == 0, "cells": cells}


def _colour(better: str | None, size: float) -> str:
    if better is None:
        return ""
    return "good" if (size > 0) == (better == "higher") else "bad"


def _key_figures(comparison: Comparison) -> Iterator[dict[str, Any]]:
    """Yield a line per key figure, with a cell per variant."""
    for at in headlines(comparison.differences[0]):
        if np.isnan(comparison.value[:, at]).all():  # in no variant is there anything to measure
            continue
        row = comparison.index[at]
        yield {"name": row_name(row, kpi(row.kpi)), "cells": list(_cells(comparison, at))}


def _cells(comparison: Comparison, at: int) -> Iterator[tuple[str, str]]:
    shown = kpi(comparison.index[at].kpi)
    for variant, text in enumerate(quantities([float(value) for value in comparison.value[:, at]], shown.unit)):
        each = comparison.differences[variant - 1] if variant else None
        if each is not None and each.significant[at]:
            yield f"{text} *", _colour(shown.better, float(each.difference[at]))
        else:
            yield text, ""


def _for_whom(comparison: Comparison, judged: Row) -> Iterator[dict[str, Any]]:
    """Yield tables of the judged KPI by queue, segment and so on, with a cell per variant."""
    for by in WHOM:
        rows = [
            at
            for at, row in enumerate(comparison.index)
            if (row.kpi, row.by) == (judged.kpi, by) and not np.isnan(comparison.value[:, at]).all()
        ]
        if len(rows) > 1:
            lines = [{"name": comparison.index[at].key, "cells": list(_cells(comparison, at))} for at in rows]
            yield {"title": f"By {by}", "lines": lines}
