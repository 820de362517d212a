"""Validity of a result, and of its comparison with a baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from loadtests.verdict.baseline import values_of_baseline
from loadtests.verdict.evidence import FEWEST_REQUESTS, LAGS, QUANTILES
from loadtests.verdict.load_bounds import bounded_loads, check_requests
from loadtests.verdict.model import Check, Stage
from loadtests.verdict.results import IDENTITY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from loadtests.verdict.load_bounds import BoundedLoad
    from loadtests.verdict.results import Result

__all__ = ["check_baseline", "check_evidence", "check_validity"]

_KEEP = 'keep this run as the new baseline: sojourn baseline {folder} FILE --reason "what was changed"'
REMEDY = {
    "scenario": f"name the baseline of {{actual}}, or, if the scenario was only renamed, {_KEEP}",
    "scenario_hash": f"the scenario's content has changed since; if that was meant, {_KEEP}",
    "seed": "run it again with --seed {wanted}",
    "replications": "run it again with --replications {wanted}",
}


def check_validity(result: Result, *, compared: bool) -> Iterator[Check]:
    """Check that a run was not interrupted, that a load kept its schedule, and that there is something to judge by.

    Parameters
    ----------
    result
        Of a run or a load test.
    compared
        Whether a baseline was given, which is something to judge by.
    """
    if result.kpis is not None:
        yield _check_complete(result)
        if not compared and not result.objectives.get("simulation"):
            message = "nothing to judge it by; give a --baseline, or the scenario objectives.simulation"
            yield Check(Stage.VALIDITY, "criteria", passed=False, actual=0, wanted=1, message=message)
    if result.load is not None:
        yield _check_load(result.load)
        bounded = bounded_loads(result.objectives.get("load") or {}, result.load)
        yield from _check_own_lag(bounded, result.load)
        if bounded[0].bounds.get("error_rate") is None and not result.load.get("ended_early"):
            yield _check_majority(result.load)


def check_baseline(result: Result, baseline: Mapping[str, Any]) -> Iterator[Check]:
    """Check that a run is of the scenario, the seed and the replications of its baseline, and that this holds values.

    Parameters
    ----------
    result
        Of a run.
    baseline
        Of simulated KPIs.
    """
    same_scenario = result.manifest.get("scenario") == baseline["scenario"]
    for name in IDENTITY:
        actual, wanted = result.manifest.get(name), baseline[name]
        passed = actual == wanted
        message = f"result and baseline have the same {name}: {wanted}"
        if not passed:
            remedy = REMEDY[name] if same_scenario or name == "scenario" else "it is of {scenario}"
            names = {"actual": actual, "wanted": wanted, "folder": result.folder, "scenario": baseline["scenario"]}
            message = f"the baseline is of another {name}: {wanted}, the result of {actual}; {remedy.format(**names)}"
        yield Check(Stage.VALIDITY, f"baseline {name}", passed, actual, wanted, message)
    yield _check_values(baseline)


def _check_complete(result: Result) -> Check:
    """Check that a run has values, and all replications that were asked for."""
    done, wanted = result.manifest["replications"], result.manifest["wanted"]
    interrupted = done != wanted
    measured = any(row["value"] is not None for row in result.kpis or ())
    if interrupted:
        message = f"{done} of {wanted} replications were simulated, so the run was interrupted; repeat it to the end"
    elif not measured:
        message = "no KPI has a value: nobody came, or kpis.json is empty; check the scenario's demand"
    else:
        message = f"all {done} replications were simulated"
    return Check(Stage.VALIDITY, "replications", measured and not interrupted, done, wanted, message)


def _check_values(baseline: Mapping[str, Any]) -> Check:
    """Check that a baseline holds values."""
    values = values_of_baseline(baseline)
    count = sum(value is not None for value in values.values())
    message = f"the baseline holds {count} values; {len(values) - count} more are undefined"
    if not count:
        message = "the baseline holds no value, so equality with it proves nothing; make it anew of a run's result"
    return Check(Stage.VALIDITY, "baseline values", count > 0, count, None, message)


def check_evidence(result: Result) -> Iterator[Check]:
    """Check that there is enough of what a load test is judged by."""
    load = result.load
    if load is None or load.get("ended_early"):  # its objective was missed by the count of what was planned
        return
    yield _check_requests(load)
    for bounded in bounded_loads(result.objectives.get("load") or {}, load):
        yield from check_requests(bounded)


def _check_requests(load: Mapping[str, Any]) -> Check:
    """Check that there were requests enough for any judgement."""
    count = load["requests"]
    message = f"{count} requests for a judgement of the load test"
    if count < FEWEST_REQUESTS:
        message = f"{count} requests are too few to judge the load test; send {FEWEST_REQUESTS} or more"
    return Check(Stage.VALIDITY, "requests for load test", count >= FEWEST_REQUESTS, count, FEWEST_REQUESTS, message)


def _check_majority(load: Mapping[str, Any]) -> Check:
    """Check that a load without a bound on errors measures more than refusals and failures."""
    acknowledged, requests = load["acknowledged"], load["requests"]
    passed = 2 * acknowledged > requests
    message = f"{acknowledged} of {requests} requests were acknowledged"
    if not passed:
        message += ", so latencies are mostly those of failures; give the scenario objectives.load.error_rate"
    return Check(Stage.VALIDITY, "acknowledged", passed, acknowledged, requests, message)


def _check_own_lag(bounded: Sequence[BoundedLoad], load: Mapping[str, Any]) -> Iterator[Check]:
    """Check that the generator's own lag is small beside the smallest latency that is wanted."""
    bounds = [bound for each in bounded for name in QUANTILES if (bound := each.bounds.get(name)) is not None]
    lags = [lag for name in ("own_lag", "lag") if (lag := (load.get(name) or {}).get("p95")) is not None]
    if not bounds:
        return
    wanted = min(bounds) / LAGS
    if not lags:
        message = "not measured: this load test says nothing of the generator's lag"
        yield Check(
            Stage.VALIDITY, "generator's lag", passed=True, actual=None, wanted=wanted, message=message, measured=False
        )
        return
    lag = max(lags)
    message = f"the generator's own lag p95 is {1e3 * lag:.3g} ms, under a tenth of {1e3 * min(bounds):g} ms"
    if lag >= wanted:
        message = (
            f"the generator's own lag p95 is {1e3 * lag:.3g} ms, a tenth or more of the wanted {1e3 * min(bounds):g} "
            "ms, so this load says nothing about it; lower --speed, or give the generator a machine of its own"
        )
    yield Check(Stage.VALIDITY, "generator's lag", lag < wanted, lag, wanted, message, seconds=lag)


def _check_load(load: Mapping[str, Any]) -> Check:
    """Check that the load generator sent requests on time, and that the endpoint took any.

    An endpoint that falls behind is no fault of the generator: the message tells these apart.
    """
    lag = (load.get("lag") or {}).get("p99")
    requests = load["requests"]
    passed = load["valid"] and requests > 0 and load["acknowledged"] > 0
    if passed:
        message = f"{requests} requests were sent on time" + ("" if lag is None else f", lag p99 {1e3 * lag:.1f} ms")
        message += _pace(load)
    else:
        reason = "the load generator calls it invalid" if load["acknowledged"] else "no request was acknowledged"
        why = load.get("why") or (reason if requests else "nothing was sent")
        message = f"this load test is not valid: {why}"
    return Check(Stage.VALIDITY, "load generator", passed=passed, actual=lag, wanted=None, message=message, seconds=lag)


def _pace(load: Mapping[str, Any]) -> str:
    """Say how many requests came due and were answered meanwhile, and whether the endpoint was the limit."""
    due, answered, behind = (load.get(name) for name in ("due_rate", "answered_rate", "backlog"))
    if due is None or answered is None:
        return ""
    pace = f"; {due:.1f} a second came due, {answered:.1f} were answered meanwhile"
    if behind is None:
        return pace
    return f"{pace}: the endpoint was the limit from {behind['begin']:.1f} s to {behind['end']:.1f} s"
