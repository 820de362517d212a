"""Table of a comparison of variants for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from sim.kpis import kpi
from sim.report.terminal_tables import plain_table, row_name
from sim.report.variants_page import paid_rows, variant_lines

if TYPE_CHECKING:
    from rich.table import Table

    from sim.experiment.variants import Comparison
    from sim.kpis import Row

__all__ = ["variants_table"]

STYLES = {"good": "bold green", "bad": "bold red"}


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
