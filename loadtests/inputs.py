"""What a request's template may look up: everything follows from the trace's row and the run's token.

Nothing that is sent is drawn at random, so each attempt of a request is the same, and the verification knows what was
sent without anybody having kept it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from loadtests.contract.words import Verb
from loadtests.trace import OUTCOME_NAMES, TYPES

if TYPE_CHECKING:
    from loadtests.trace import Trace

__all__ = ["CANARY", "PATCHING", "canary_of", "customer_of", "id_of", "inputs_of", "patch_of"]

CANARY: Final = "canary-"
"""How every canary begins, so that one can be found in whatever an endpoint answers."""

PATCHING: Final = frozenset({Verb.START, Verb.EVENT})
"""The verbs whose request carries a context to be merged."""


def customer_of(run: str, customer: int) -> str:
    """Return a customer's name at the endpoint."""
    return f"{run}-{customer}"


def id_of(run: str, customer: int, seq: int) -> str:
    """Return the id of one request, the same for each of its attempts."""
    return f"{run}-{customer}-{seq}"


def canary_of(run: str, customer: int) -> str:
    """Return the token that only this customer's journey may ever show."""
    return CANARY + blake2b(customer_of(run, customer).encode(), digest_size=8).hexdigest()


def patch_of(trace: Trace, run: str, row: int) -> dict[str, Any]:
    """Return what a row merges into the journey's context.

    Parameters
    ----------
    trace
        The trace.
    run
        The run's token.
    row
        Its row.

    Returns
    -------
    dict[str, Any]
        A JSON merge patch.
    """
    return {
        "canary": canary_of(run, int(trace.customer[trace.journey[row]])),
        "last_step": trace.steps[trace.step[row]],
        "channel": trace.channels[trace.channel[row]],
        "contacts": int(trace.contacts[row]),
    }


def inputs_of(trace: Trace, run: str, row: int) -> dict[str, Any]:
    """Return what ``$inputs`` shows for one row.

    Parameters
    ----------
    trace
        The trace.
    run
        The run's token.
    row
        Its row.

    Returns
    -------
    dict[str, Any]
        Exactly the names in ``contract.INPUTS``; ``None`` where one does not apply.
    """
    journey = trace.journey[row]
    customer, seq = int(trace.customer[journey]), int(trace.seq[row])
    at = trace.offset + float(trace.due[row])
    type_, outcome = trace.type[row], trace.outcome[row]
    patch = patch_of(trace, run, row)
    return {
        "run": run,
        "id": id_of(run, customer, seq),
        "customer": customer_of(run, customer),
        "intent": trace.intents[trace.intent[journey]],
        "channel": patch["channel"],
        "step": patch["last_step"],
        "type": TYPES[type_] if type_ >= 0 else None,
        "outcome": OUTCOME_NAMES[outcome] if outcome >= 0 else None,
        "seq": seq,
        "at": at,
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
        "context": patch if trace.verb[row] in PATCHING else None,
        "canary": patch["canary"],
    }
