"""The page of KPIs, made of the KPIs themselves."""

from __future__ import annotations

from sim.kpis.registry import define, families

__all__ = ["page"]

HEAD = """# KPIs

Generated with `python -m sim.kpis > docs/kpis.md`; do not edit.

Each KPI is a ratio. Over several replications (days) its value is the ratio of the sums, with a 95 % interval; the
mean of the days' own values, their P10, P50 and P90, and where there is a target the share of days that meet it, stand
beside it. Where the denominator is 0 a KPI is undefined (`null` in JSON).

A contact counts in the reporting interval in which it arrived, and so does a journey; staff, occupancy, queue length
and backlog go by the clock. A journey's channel is the one that it began on. Contacts after the last interval (a second
try on the morning after the run) count in KPIs of journeys alone: they meet agents to whom nobody new comes, and their
waits would flatter. Each cut (`by`) is a partition: the rows of one cut never overlap.
"""


def page() -> str:
    """Return the page, in Markdown."""
    text = [HEAD]
    for family in families():
        title, *rest = (family.doc or "").strip().split("\n\n")
        text.append(f"\n## {title.rstrip('.')}\n")
        text.extend(f"\n{' '.join(paragraph.split())}\n" for paragraph in rest)
        text.append("\n| KPI | title | unit | better | definition | by |\n|---|---|---|---|---|---|\n")
        text.extend(
            f"| `{one.name}` | {one.title} | {one.unit} | {one.better or '-'} | {define(one)} | {_code(one.cuts)} |\n"
            for one in family.kpis
        )
    return "".join(text)


def _code(names: tuple[str, ...]) -> str:
    """Return names as code."""
    return ", ".join(f"`{name}`" for name in names)
