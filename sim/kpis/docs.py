"""The page docs/kpis.md, generated from the KPIs."""

from __future__ import annotations

from sim.kpis.registry import define, families

__all__ = ["page"]

HEAD = """# KPIs

Generated with `python -m sim.kpis > docs/kpis.md`; do not edit.

Each KPI is a ratio. Over several replications (days) its value is the ratio of the sums, with a 95 % confidence
interval. Beside it stand the mean, P10, P50 and P90 of the daily values, and the share of days that meet the target.
Where the denominator is 0 a KPI is undefined (`null` in JSON).

Contacts and journeys count in the reporting interval in which they arrived. Staff, occupancy, queue length and backlog
count by clock time. The channel of a journey is the one in which it began. Contacts after the last interval, such as a
retry on the morning after the run, count only in KPIs of journeys: no new customers compete with them for agents, so
their waits would look too short. Each dimension (`by`) is a partition: its rows never overlap.
"""


def page() -> str:
    """Return the page, in Markdown."""
    text = [HEAD]
    for family in families():
        title, *rest = (family.doc or "").strip().split("\n\n")
        text.append(f"\n## {title.rstrip('.')}\n")
        text.extend(f"\n{' '.join(paragraph.split())}\n" for paragraph in rest)
        text.append("\n| KPI | title | unit | better | definition | by |\n|---|---|---|---|---|---|\n")
        for kpi in family.kpis:
            row = f"`{kpi.name}`", kpi.title, kpi.unit, kpi.better or "-", define(kpi), _code(kpi.dimensions)
            text.append(f"| {' | '.join(row)} |\n")
    return "".join(text)


def _code(names: tuple[str, ...]) -> str:
    """Return names as code."""
    return ", ".join(f"`{name}`" for name in names)
