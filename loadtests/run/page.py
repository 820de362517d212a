"""Page of a load test, and the rows of its table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from loadtests.contract.vocabulary import ACKNOWLEDGED, UNSENT, Verb
from loadtests.run.side_by_side import LoadFigures, text_rows
from loadtests.verification.findings import CHECKS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from loadtests.contract.vocabulary import AnswerClass
    from loadtests.run.quantiles import Quantiles
    from loadtests.run.result import LoadResult

__all__ = ["figures_here", "page_of_load", "summary_rows", "verb_rows", "verdict_sentences", "write_page"]

VERB_COLUMNS = ("request", "sent", "acknowledged", "retries", "p50", "p95", "p99", "max", "service p95")
"""Columns of the table by verb; times are in ms."""

_LISTED = 5
"""Kinds of failures in the table; ``load.json`` has all."""


def summary_rows(result: LoadResult) -> dict[str, str]:
    """Return the rows of a load test's table.

    Parameters
    ----------
    result
        The measurements.

    Returns
    -------
    dict
        Name to value, both text.
    """
    return {
        "journeys": f"{result.journeys:,}",
        "agents": f"{result.agents:,}",
        "requests": f"{result.requests:,} of {result.planned:,}, {result.throughput:,.0f} acknowledged per second",
        "due and answered per second": _rates(result),
        "not acknowledged": f"{result.error_rate:.3%}",
        "latency from due instant": _quantiles(result.latency),
        "of which waiting for the previous answer or a connection": _quantiles(result.blocked),
        "service time": _quantiles(result.service_time),
        "lag by which the generator sent late": _quantiles(result.lag),
        "generator's own lag, by its heartbeat": _quantiles(result.own_lag),
        "connections": _connections(result),
        "limits": "; ".join(result.remarks) or "none was reached",
        "agents' wait for work": _quantiles(result.wait_for_work),
        "when the run ended": _unfinished(result),
        "retries": f"{result.retries:,}",
        "generator's CPU and memory": _generators(result),
        "endpoint's CPU and memory": _endpoint(result),
        "attempts by class": ", ".join(f"{name} {count:,}" for name, count in result.by_class.items()) or "-",
        "failures": "; ".join(map(str, result.failures[:_LISTED])) or _no_failures(result),
        "outages": "; ".join(map(str, result.outages)) or "none",
        **({"faults on request": "; ".join(map(str, result.faults))} if result.faults else {}),
        "not offered": ", ".join(f"{name} {count:,}" for name, count in result.not_offered.items()) or "-",
        "read back": _read_back(result),
        **({"left on the endpoint": result.left_behind} if result.left_behind else {}),
        "findings": _findings(result),
        "valid": "yes" if result.valid else f"no: {result.why}",
    }


def verdict_sentences(result: LoadResult) -> list[str]:
    """Return whether a load test is valid, how its requests fared, and what the read-back found.

    Parameters
    ----------
    result
        The measurements.
    """
    if not result.valid:
        return [f"Not valid: {result.why}.", *_of_read_back(result)]
    p99 = "" if result.latency.p99 is None else f", 99 % within {_milliseconds(result.latency.p99)} ms of when due"
    sent = f"Valid: {result.acknowledged:,} of {result.requests:,} requests were acknowledged{p99}."
    return [sent, *_of_read_back(result), *(f"{remark[:1].upper()}{remark[1:]}." for remark in result.remarks)]


def _of_read_back(result: LoadResult) -> Iterator[str]:
    """Yield what the read-back found; what it could not read is in the table."""
    verification = result.verification
    if verification is None or not verification.checked:
        yield "Nothing was read back."
        return
    wrong = ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in verification.counts.items() if count)
    whole = "all" if verification.ok else "what could be read of them"
    if wrong:
        yield f"Read back: {wrong}."
    else:
        yield f"Of {verification.checked:,} journeys that were read back, {whole} are as they were acknowledged."


def verb_rows(result: LoadResult) -> list[tuple[str, ...]]:
    """Return the rows of the table by verb, in the order of `VERB_COLUMNS`; a dash is not measured."""
    return [
        (
            verb,
            *(f"{count:,}" for count in (each.requests, each.acknowledged, each.retries)),
            *map(_milliseconds, (each.latency.p50, each.latency.p95, each.latency.p99, each.latency.max)),
            _milliseconds(each.service_time.p95),
        )
        for verb, each in result.breakdowns.get("verb", {}).items()
    ]


def figures_here(manifest: Mapping[str, Any], result: LoadResult) -> LoadFigures:
    """Return the figures of a load test that has just ended, for a table beside others."""
    return LoadFigures("this one", manifest, result.as_json())


def page_of_load() -> Callable[..., None]:
    """Load what draws the page of a load test, and return it: `write_page`."""
    import pyarrow.parquet  # noqa: F401

    import sim.report.load_page  # noqa: F401

    return write_page


def write_page(
    folder: Path,
    manifest: Mapping[str, Any],
    result: LoadResult,
    wanted: Mapping[str, float | None],
    beside: LoadFigures | None = None,
) -> None:
    """Write ``report.html`` beside the ledger.

    Parameters
    ----------
    folder
        Holds ``ledger.parquet``.
    manifest
        Of the load test.
    result
        The measurements.
    wanted
        Objectives for the latency: name to seconds, None = no objective.
    beside
        Another load test, whose figures stand beside.
    """
    import pyarrow.parquet as pq

    from sim.report.load_page import PageTable, Sendings, write_load_report

    verified = result.verification
    table = pq.read_table(folder / "ledger.parquet")
    column = {name: table[name].to_numpy() for name in ("due", "ready", "began", "ended", "journey", "seq", "attempt")}
    answer, verb = (np.array(table[name].to_pylist()) for name in ("kind", "verb"))
    order = np.lexsort((column["attempt"], column["seq"], column["journey"]))
    same = np.diff(column["journey"][order]) | np.diff(column["seq"][order])
    last = order[np.r_[same != 0, True][: len(order)]]
    last = last[~_are(answer[last], UNSENT) & (verb[last] != Verb.READY.name.lower())]
    acknowledged = _are(answer[last], ACKNOWLEDGED)
    due, ready, began, ended = (column[name][last] for name in ("due", "ready", "began", "ended"))
    limits = [(name, seconds) for name, seconds in wanted.items() if seconds is not None]
    tables = [PageTable("By request, in ms", VERB_COLUMNS, verb_rows(result))]
    if beside is not None:
        tables.append(PageTable(f"Beside {beside.name}", *text_rows([beside, figures_here(manifest, result)])))
    sent = Sendings(due, ready, began, ended, acknowledged)
    sentences, passed = verdict_sentences(result), result.valid and not (verified and any(verified.counts.values()))
    write_load_report(folder, manifest, sentences, summary_rows(result), sent, limits, tables, passed=passed)


def _are(names: NDArray[np.str_], classes: Collection[AnswerClass]) -> NDArray[np.bool_]:
    """Tell which names of answer classes are those of some classes."""
    return np.isin(names, [answer_class.name.lower() for answer_class in classes])


def _milliseconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{1000 * seconds:,.{0 if seconds >= 1 else 1}f}"


def _quantiles(seconds: Quantiles) -> str:
    shown = {
        "p50": seconds.p50,
        "p95": seconds.p95,
        "p99": seconds.p99,
        "p99.9": seconds.p999,
        "p99.99": seconds.p9999,
        "max": seconds.max,
    }
    return ", ".join(f"{name} {1000 * value:.1f} ms" for name, value in shown.items() if value is not None) or "-"


def _no_failures(result: LoadResult) -> str:
    return "none" if result.acknowledged == result.requests else "not recorded"


def _rates(result: LoadResult) -> str:
    if result.due_rate is None or result.answered_rate is None:
        return "-"
    return f"{result.due_rate:,.1f} due, {result.answered_rate:,.1f} answered meanwhile"


def _connections(result: LoadResult) -> str:
    if result.connections is None:
        return "-"
    return f"{result.connections.most:,} of {result.connections.limit:,} at most"


def _generators(result: LoadResult) -> str:
    """Return the CPU time per attempt and the memory of each process that sent."""
    parts = [
        f"worker {each.worker}: {1e6 * each.cpu_seconds / each.attempts:,.0f} us per attempt, "
        f"{each.peak_memory / 1e6:,.0f} MB"
        for each in result.generators
        if each.attempts
    ]
    return "; ".join(parts) or "not measured"


def _endpoint(result: LoadResult) -> str:
    if result.endpoint is None:
        return "not measured; give --process"
    used = result.endpoint
    per_attempt = f", {1e6 * used.cpu_seconds / result.attempts:,.0f} us per attempt" if result.attempts else ""
    return f"{used.cpu_seconds:,.2f} s{per_attempt}, {used.peak_memory / 1e6:,.0f} MB"


def _unfinished(result: LoadResult) -> str:
    """Say which requests had no answer, or were not sent, because the run was over."""
    if not result.unknown and not result.held:
        return "nothing was open"
    grace = f"{result.run.grace:g} s after the last request was due: "
    return (
        f"{grace}{result.unknown:,} requests had no answer (unknown), {result.held:,} waited for one and were not sent"
    )


def _read_back(result: LoadResult) -> str:
    verification = result.verification
    if verification is None:
        return "nothing: not verified"
    if verification.not_verifiable:
        return f"not verifiable: {'; '.join(verification.not_verifiable)}"
    read = f"{verification.checked:,} journeys, {verification.items:,} contacts in queues"
    return f"{read}; not read: {verification.rest}" if verification.rest else read


def _findings(result: LoadResult) -> str:
    if result.verification is None:
        return "not measured"
    counts = {check: result.verification.counts.get(check, "not measured") for check in CHECKS}
    return ", ".join(f"{check.replace('_', ' ')} {count}" for check, count in counts.items())
