"""Table of a comparison of variants for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.kpis import kpi
from sim.report.page import page_table
from sim.report.terminal_tables import plain_table, row_name
from sim.report.variant_risk import judged_days
from sim.report.variants_page import paid_rows, variant_lines

if TYPE_CHECKING:
    from rich.table import Table

    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["days_table", "variants_table"]

STYLES = {"good": "bold green", "bad": "bold red"}


def days_table(comparison: Comparison, judged: Row) -> Table | None:
    """Return how the days of each variant differ in the judged KPI, and how many are on target; None if unknown."""
    sheet = judged_days(comparison, judged)
    if sheet is None or comparison.replications < 2:
        return None
    table = plain_table(sheet.title, [column.title for column in sheet.columns])
    for row in page_table(sheet)["rows"]:
        table.add_row(*map(Text, row))
    return table


def variants_table(comparison: Comparison, judged: Row) -> Table:
    """Return a line per variant: the judged KPI, what it costs, and how probably it is the best."""
    costs = paid_rows(comparison, judged)
    shown = ("value", "difference", "from", "to", *(("cost", "difference") if costs else ()), "best")
    title = f"{row_name(judged, kpi(judged.kpi))}; {comparison.replications} paired replications, * significant (Holm)"
    table = plain_table(title, ("variant", *shown))
    for line in variant_lines(comparison, judged, costs):
        *cells, _ = (
            Text(text, style=STYLES.get(colour, "")) for text, colour in line["cells"]
        )  # the page has the days
        table.add_row(line["name"], *cells)
    return table
