"""Workers of a run: they find their own master, and no master takes another run's workers.

With ``--processes``, master and workers are processes of one program. They talk over a free port of the loopback
interface, so two tests on one machine do not meet; Locust would use port 5557 for both. A token, which the program
draws and its workers inherit, shows a master whose worker it is.
"""

from __future__ import annotations

import hmac
import logging
from time import monotonic
from typing import Any, Final

import gevent
from locust.rpc.protocol import Message
from locust.runners import MasterRunner, WorkerRunner

from sim.core.errors import InvalidInput

__all__ = ["accept_workers", "greet_master", "known_workers", "workers_of"]

_GREETING: Final = "sojourn_worker"
_REFUSAL: Final = "sojourn_refusal"
_PATIENCE: Final = 10.0
"""Seconds for the workers that are ready to show their token."""

_ACCEPTED: Final[set[str]] = set()
"""The workers that have shown the token; a program has one master at most."""

logger = logging.getLogger(__name__)


def greet_master(runner: WorkerRunner, token: str) -> None:
    """Show this worker's token to its master."""
    runner.register_message(_REFUSAL, _take_refusal)
    runner.send_message(_GREETING, {"token": token})


def _take_refusal(environment: Any, **_: object) -> None:
    """Say why this worker is sent away."""
    logger.error("the master sent this worker away: its --worker-token is not that of the run; give the master's")
    environment.process_exit_code = InvalidInput.exit_code


def accept_workers(runner: Any, token: str) -> None:
    """Let a master take the workers that show its token, and send others away."""
    runner.register_message(_GREETING, lambda msg, **_: _welcome(runner, msg.node_id, msg.data, token))


def _welcome(runner: MasterRunner, worker: str, greeting: object, token: str) -> None:
    shown = greeting.get("token") if isinstance(greeting, dict) else None
    if hmac.compare_digest(str(shown).encode(), token.encode()):
        _ACCEPTED.add(worker)
    else:
        _send_away(runner, worker)


def _send_away(runner: MasterRunner, worker: str) -> None:
    """Let a worker of another run end."""
    logger.warning("a worker without this run's --worker-token was sent away: %s", worker)
    runner.clients.pop(worker, None)
    for word in (_REFUSAL, "quit"):
        runner.server.send_to_client(Message(word, None, worker))  # type: ignore[no-untyped-call]  # Locust has no types there


def known_workers(runner: Any) -> list[str]:
    """Return the workers among which a run is divided, in order, once all that are ready have shown their token."""
    if not isinstance(runner, MasterRunner):
        return sorted(workers_of(runner))
    until = monotonic() + _PATIENCE
    while not workers_of(runner) <= _ACCEPTED and monotonic() < until:
        gevent.sleep(0.02)
    for worker in workers_of(runner) - _ACCEPTED:
        _send_away(runner, worker)
    return sorted(workers_of(runner))


def workers_of(runner: Any) -> set[str]:
    """Return the workers that are connected and not lost."""
    if not isinstance(runner, MasterRunner):
        return {"local"}
    return {client.id for client in (*runner.clients.ready, *runner.clients.spawning, *runner.clients.running)}
