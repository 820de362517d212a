"""A load test for people: in words, and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, Class, Verb

if TYPE_CHECKING:
    from loadtests.run.result import LoadResult, Quantiles

__all__ = ["in_words", "write_page"]


def in_words(result: LoadResult) -> dict[str, str]:
    """Return what a load test measured, in words.

    Parameters
    ----------
    result
        What was measured.

    Returns
    -------
    dict
        What it is to how much.
    """
    return {
        "journeys": f"{result.journeys:,}",
        "agents": f"{result.agents:,}",
        "requests": f"{result.requests:,} of {result.planned:,}, {result.throughput:,.0f} acknowledged per second",
        "not acknowledged": f"{result.error_rate:.3%}",
        "latency from due": _quantiles(result.latency),
        "of it, held up by the journey": _quantiles(result.blocked),
        "service time": _quantiles(result.service_time),
        "generator's own lag": _quantiles(result.lag),
        "agents' wait for work": _quantiles(result.wait_for_work),
        "by class": ", ".join(f"{name} {count:,}" for name, count in result.by_class.items()) or "-",
        "not offered": ", ".join(f"{name} {count:,}" for name, count in result.not_offered.items()) or "-",
        "read back": _read_back(result),
        "found": _found(result),
        "valid": "yes" if result.valid else f"no: {result.why}",
    }


def write_page(
    folder: Path, manifest: Mapping[str, Any], result: LoadResult, wanted: Mapping[str, float | None]
) -> None:
    """Write ``report.html`` beside the ledger.

    Parameters
    ----------
    folder
        Holds ``ledger.parquet``.
    manifest
        Where it comes from.
    result
        What was measured.
    wanted
        Objectives for the latency: name to seconds, None = none.
    """
    import pyarrow.parquet as pq

    from sim.report.load_page import Sendings, write_load_report

    table = pq.read_table(folder / "ledger.parquet")
    column = {name: table[name].to_numpy() for name in ("due", "ready", "began", "ended", "journey", "seq", "attempt")}
    kind, verb = (np.array(table[name].to_pylist()) for name in ("kind", "verb"))
    order = np.lexsort((column["attempt"], column["seq"], column["journey"]))
    same = np.diff(column["journey"][order]) | np.diff(column["seq"][order])
    last = order[np.r_[same != 0, True][: len(order)]]
    last = last[(kind[last] != Class.NOT_SENT.name.lower()) & (verb[last] != Verb.READY.name.lower())]
    acknowledged = np.isin(kind[last], [one.name.lower() for one in ACKNOWLEDGED])
    due, ready, began, ended = (column[name][last] for name in ("due", "ready", "began", "ended"))
    limits = [(name, seconds) for name, seconds in wanted.items() if seconds is not None]
    write_load_report(folder, manifest, in_words(result), Sendings(due, ready, began, ended, acknowledged), limits)


def _quantiles(of: Quantiles) -> str:
    shown = {"p50": of.p50, "p95": of.p95, "p99": of.p99, "max": of.max}
    return ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in shown.items() if value is not None) or "-"


def _read_back(result: LoadResult) -> str:
    found = result.verification
    if found is None:
        return "nothing, so nothing is verified"
    if found.not_verifiable:
        return f"not verifiable: {'; '.join(found.not_verifiable)}"
    return f"{found.checked:,} journeys, {found.items:,} contacts in queues" + (
        f"; {found.unread} unread" if found.unread else ""
    )


def _found(result: LoadResult) -> str:
    found = result.verification
    if found is None or found.not_verifiable:
        return "-"
    return ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in found.counts.items())
