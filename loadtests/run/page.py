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

__all__ = [
    "SAMPLE_COLUMNS",
    "figures_here",
    "page_of_load",
    "sample_rows",
    "summary_rows",
    "unwell_sentences",
    "verb_rows",
    "verdict_sentences",
    "write_page",
]

VERB_COLUMNS = ("request", "sent", "acknowledged", "retries", "p50", "p95", "p99", "max", "service p95")
"""Columns of the table by verb; times are in ms."""

_LISTED = 5
"""Kinds of failures and outages in the table; ``load.json`` has all."""
_EXAMPLES = 3
"""Of each finding of the read-back."""
_UNWELL = 0.1
"""Share of requests that were not acknowledged, above which a sentence says so."""
SAMPLE_COLUMNS = ("failure", "at", "request", "answer")
_SHOWN = 600
"""Characters of a request or an answer; ``load.json`` has more."""


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
        "outages": _outages(result),
        **({"faults on request": "; ".join(map(str, result.faults))} if result.faults else {}),
        "not offered": ", ".join(f"{name} {count:,}" for name, count in result.not_offered.items()) or "-",
        "read back": _read_back(result),
        **({"left on the endpoint": result.left_behind} if result.left_behind else {}),
        "findings": _findings(result),
        "valid": _validity(result),
    }


def verdict_sentences(result: LoadResult) -> list[str]:
    """Return whether a load test is valid, how its requests fared, and what the read-back found.

    Parameters
    ----------
    result
        The measurements.
    """
    wrong = list(unwell_sentences(result))
    if not result.valid:
        return [f"Not valid: {result.why}.", *wrong, *_of_read_back(result)]
    p99 = "" if result.latency.p99 is None else f", 99 % within {_milliseconds(result.latency.p99)} ms of when due"
    sent = f"{result.acknowledged:,} of {result.requests:,} requests were acknowledged{p99}."
    first = [*wrong, sent] if wrong else [f"Valid: {sent}"]
    return [*first, *_of_read_back(result), *(f"{remark[:1].upper()}{remark[1:]}." for remark in result.remarks)]


def unwell_sentences(result: LoadResult) -> Iterator[str]:
    """Yield what the read-back found wrong, with the first examples, and whether many requests failed.

    Parameters
    ----------
    result
        The measurements.
    """
    if result.verification is not None:
        wrong = [_finding(check, count, result) for check, count in result.verification.counts.items() if count]
        if wrong:
            yield f"Read back: {', '.join(wrong)}."
    unanswered = result.unknown if result.run.cut_short else 0  # no fault of the endpoint's
    failed = result.requests - result.acknowledged - unanswered
    if result.acknowledged and failed > _UNWELL * result.requests:  # with none, the load is not valid, and says why
        most = f"; most often {result.failures[0]}" if result.failures else ""
        yield f"{failed / result.requests:.1%} of the requests were not acknowledged{most}."


def _finding(check: str, count: int, result: LoadResult) -> str:
    """Return a finding of the read-back with its first examples."""
    examples = result.verification.examples if result.verification is not None else ()
    named = [f"{each.customer}: {each.detail}" for each in examples if each.check == check][:_EXAMPLES]
    return f"{check.replace('_', ' ')} {count:,}" + (f" (e.g. {'; '.join(named)})" if named else "")


def _of_read_back(result: LoadResult) -> Iterator[str]:
    """Yield that nothing was read back, or found wrong; what could not be read is in the table."""
    verification = result.verification
    if verification is None or not verification.checked:
        yield "Nothing was read back."
    elif not any(verification.counts.values()):
        whole = "all" if verification.ok else "what could be read of them"
        yield f"Of {verification.checked:,} journeys that were read back, {whole} are as they were acknowledged."


def sample_rows(result: LoadResult) -> list[tuple[str, ...]]:
    """Return samples of the attempts that failed, in the order of `SAMPLE_COLUMNS`; secrets are masked.

    Parameters
    ----------
    result
        The measurements.
    """
    return [
        (str(failure), f"{sample.at:.1f} s", sample.request[:_SHOWN], sample.answer[:_SHOWN] or "there was none")
        for failure in result.failures[:_LISTED]
        for sample in failure.samples[:1]
    ]


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
    samples = PageTable("Samples of failures", SAMPLE_COLUMNS, sample_rows(result), words=True)
    tables.append(samples)
    sentences, passed = verdict_sentences(result), result.valid and not any(unwell_sentences(result))
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


def _outages(result: LoadResult) -> str:
    more = len(result.outages) - _LISTED
    shown = [*map(str, result.outages[:_LISTED]), *([f"and {more:,} more; load.json has all"] if more > 0 else [])]
    return "; ".join(shown) or "none"


def _validity(result: LoadResult) -> str:
    if not result.valid:
        return f"no: {result.why}"
    return "yes, it measures; but see what is wrong: findings, failures" if any(unwell_sentences(result)) else "yes"


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
    in_time = result.valid and not result.run.cut_short
    grace = f"{result.run.grace:g} s after the last request was due: " if in_time else ""
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
    counts = result.verification.counts
    parts = [
        _finding(check, counts[check], result) if check in counts else f"{check.replace('_', ' ')} not measured"
        for check in CHECKS
    ]
    return ", ".join(parts)
