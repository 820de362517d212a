"""Serving: from a store and an address to a running endpoint."""

import sys
from collections.abc import Sequence
from pathlib import Path

from orchestrator.admin import retention
from orchestrator.features import features, open_database
from orchestrator.http.server import bound, is_loopback, listen
from orchestrator.monitoring.usage import recount
from orchestrator.notifications import Targets
from orchestrator.service.budget import RATE, Budget
from orchestrator.service.feature import Feature
from orchestrator.service.limits import Limits
from orchestrator.service.service import QUEUE_LIMIT, Service, tables_of
from orchestrator.service.tenants import has_tokens
from orchestrator.store.errors import CannotServe, NotApplied, Unsure, refusal
from orchestrator.store.open import file_of, is_postgres
from orchestrator.store.store_file import check_store

__all__ = ["serve"]

_TURN = 0.001
"""Seconds for which a thread keeps Python's lock while others want it.

A read changes threads three times. With 5 ms, Python's default, 95 % of the reads beside the dearest rules took 50 to
108 ms, and 20 to 23 ms with this.
"""


def serve(
    host: str, port: int, store: str | Path, *,
    queue_limit: int = QUEUE_LIMIT, keep: float | None = None, webhooks: Sequence[str] = (),
    rules_budget: float = RATE, limits: Limits = Limits(),  # noqa: B008 - frozen
) -> None:  # fmt: skip
    """Run the reference endpoint until SIGINT or SIGTERM, then answer the accepted requests.

    Prints one line, ``listening on http://127.0.0.1:PORT``, when it is ready.

    Parameters
    ----------
    host
        An address or ``localhost``; any but a loopback address only if requests need tokens.
    port
        The port; 0 for any free one.
    store
        A SQLite file, made if it does not exist, or a ``postgresql://`` address.
    queue_limit
        Requests that may wait for the disk; more are answered 503.
    keep
        Seconds that completed journeys are kept; for ever if ``None``.
    webhooks
        Networks to which webhooks may go although they are not public, such as ``127.0.0.0/8``.
    rules_budget
        Cost of rule evaluations per second and tenant.
    limits
        Of each tenant.

    Raises
    ------
    CannotServe
        When a network is invalid, the host is not allowed, the port is taken, or the store cannot be used.
    """
    inside = is_loopback(host)
    if not inside and not is_postgres(str(store)):
        path = file_of(str(store))
        check_store(path)
        if not path.exists():
            raise _open_to_all(host)  # before a file is made for nothing
    listed = (*_features(webhooks), retention.feature(keep))
    try:
        with bound(host, port) as sock, Service(open_database(store), listed, queue_limit) as service:
            if not inside and not service.database.look(has_tokens):
                raise _open_to_all(host)
            if limits.entries or limits.answers or limits.bytes:
                recount(service.database, tables_of(listed) if limits.bytes else ())
            service.budget, service.limits = Budget(rules_budget), limits
            sys.setswitchinterval(_TURN)
            listen(service, sock)
    except (NotApplied, Unsure) as error:
        raise refusal(error, f"the store has failed: {error}") from error


def _features(webhooks: Sequence[str]) -> Sequence[Feature]:
    """Return the features of a service whose webhooks may also go to these networks."""
    try:
        return features(Targets.parse(webhooks))
    except ValueError as error:
        raise CannotServe(f"webhooks cannot go to {', '.join(webhooks)}: {error}; give such as 127.0.0.0/8") from error


def _open_to_all(host: str) -> CannotServe:
    """Return the refusal to listen where anyone could send requests without a token."""
    return CannotServe(
        f"refusing to listen on {host or 'no address'}: no tenant has a token, so anyone could ask; "
        "give 127.0.0.1, ::1 or localhost, or add a tenant first"
    )
