"""The reference orchestration endpoint: journeys that are kept, applied once and in order.

A request goes one way: ``http.app`` routes it, its feature makes a command of it, ``service.group_commit`` puts all
waiting commands into one transaction, the feature's handler reads and writes rows through a ``store.unit``, and the
answer is sent when the transaction is durable. ``features`` lists the features; ``hooks`` hold what one feature does
when another has changed something.
"""

import sys

try:
    from orchestrator.admin.serving import serve
    from orchestrator.features import FEATURES, open_database
    from orchestrator.http.server import bound, listen
    from orchestrator.service.service import Service
    from orchestrator.store import CannotServe
except ModuleNotFoundError as error:
    if (error.name or "").partition(".")[0] == __name__:
        raise
    command = f'{sys.executable} -m pip install "sojourn[serve]"'
    message = f"The endpoint needs the library {error.name}, which is not installed; install with: {command}"
    if sys.argv[:1] == ["-m"]:  # python -m orchestrator, whose module is being located
        sys.stderr.write(f"{message}\n")
        raise SystemExit(2) from None
    raise ModuleNotFoundError(message, name=error.name) from None

__all__ = ["FEATURES", "CannotServe", "Service", "bound", "listen", "open_database", "serve"]
