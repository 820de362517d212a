"""Objectives of a load test: bounds on latencies, errors and the rate, and what holds for every endpoint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from loadtests.verdict.evidence import FEWEST_REQUESTS
from loadtests.verdict.load_bounds import bounded_loads, check_at_most, check_bounds
from loadtests.verdict.model import Check, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["check_load", "check_missed"]

# No scenario can allow these.
NEVER = ("phantom", "duplicate", "out_of_order", "context_wrong", "leak", "unbalanced", "unread")


def check_load(objectives: Mapping[str, Any], load: Mapping[str, Any]) -> Iterator[Check]:
    """Compare a load test with its bounds, and with those that hold for every endpoint.

    Parameters
    ----------
    objectives
        As a scenario has them (`sim.scenario.objectives.LoadObjectives`).
    load
        The content of ``load.json``.

    Yields
    ------
    Check
        One per bound, and one per check of the verification.
    """
    checks = [check for bounded in bounded_loads(objectives, load) for check in check_bounds(bounded)]
    if objectives.get("rate") is not None:
        checks.append(_check_rate(load, float(objectives["rate"])))
    if early := load.get("ended_early"):
        yield Check(Stage.OBJECTIVE, "load ended early", passed=False, actual="yes", wanted="no", message=early)
        checks = [_unsettled(check) for check in checks]
    yield from checks
    allowed = objectives.get("lost")
    read_back = _check_verification(load.get("verification"), 0 if allowed is None else int(allowed))
    optional = objectives.get("read_back") == "optional"
    yield from (_not_measured(check) if optional and _lacks(check) else check for check in read_back)


def check_missed(objectives: Mapping[str, Any], load: Mapping[str, Any], *, on_time: bool) -> Iterator[Check]:
    """Yield what was found wrong in a load test that cannot be judged in full.

    No late generator and no small number of requests undoes a contact that is lost. A bound that enough requests have
    missed stays missed though another bound had too few of them.

    Parameters
    ----------
    objectives, load
        As of `check_load`.
    on_time
        Whether only requests are lacking; False = the load test is not valid, and only the read-back says something.
    """
    short = {
        bounded.named(f"load {name}")
        for bounded in bounded_loads(objectives, load)
        for _, name, count, enough in bounded.enough()
        if count < enough
    }
    if load["requests"] < FEWEST_REQUESTS:
        short.add("load rate")
    of_endpoint = {f"load {name}" for name in ("lost", *NEVER) if name != "unread"}
    for check in check_load(objectives, load):
        counts = check.name in of_endpoint or (on_time and check.name not in short)
        if counts and not check.passed and not _lacks(check):
            yield check


def _unsettled(check: Check) -> Check:
    """Return a check of a load that ended early: what it has is not what the whole load would have had."""
    message = "not measured: the load ended early"
    return replace(check, passed=True, measured=False, actual=None, message=message, seconds=None)


def _lacks(check: Check) -> bool:
    """Tell whether a check of the read-back failed because nothing was measured, and not because of what was."""
    return not check.passed and (check.actual is None or check.name == "load verification")


def _not_measured(check: Check) -> Check:
    """Return a check that was not measured, which the scenario allows."""
    message = f"not measured: {check.message}; allowed by objectives.load.read_back"
    return replace(check, passed=True, measured=False, actual=None, message=message)


def _check_verification(verification: Mapping[str, Any] | None, lost: int) -> Iterator[Check]:
    """Check the findings of the read-back."""
    if verification is None:
        message = "the endpoint was not read back, so nothing shows that nothing was lost; let the load verify"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual=None, wanted="done", message=message)
        return
    if lacking := verification["not_verifiable"]:
        message = (
            f"the contract does not say how to read back: {', '.join(lacking)}; "
            "describe it, or write objectives.load.read_back: optional"
        )
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual="partly", wanted="done", message=message)
    elif not verification["checked"]:
        message = "no journey was read back, so nothing shows that nothing was lost; send more requests"
        yield Check(Stage.OBJECTIVE, "load verification", passed=False, actual=0, wanted="done", message=message)
    for name, allowed in (("lost", lost), *((name, 0) for name in NEVER)):
        examples = verification["examples"].get(name, [])[:3]
        yield check_at_most(f"load {name}", verification[name], allowed, "", examples=examples)


def _check_rate(load: Mapping[str, Any], wanted: float) -> Check:
    """Check how many of the requests that were due were answered meanwhile."""
    due, answered = load.get("due_rate"), load.get("answered_rate")
    if not due or answered is None:
        message = "load rate was not measured"
        return Check(Stage.OBJECTIVE, "load rate", passed=False, actual=None, wanted=wanted, message=message)
    actual = answered / due
    side = "at least" if actual >= wanted else "below"
    message = f"{due:.1f} a second came due, {answered:.1f} were answered meanwhile: {actual:.1%}, {side} {wanted:.1%}"
    if actual < wanted and not load.get("backlog"):
        message += "; the endpoint did not fall behind, so the load is too short for its latency; send for longer"
    return Check(Stage.OBJECTIVE, "load rate", actual >= wanted, actual, wanted, message)
