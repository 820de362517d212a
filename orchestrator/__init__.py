"""The reference orchestration endpoint: journeys that are kept, applied once and in order.

A request goes one way: ``http.app`` routes it, its feature makes a command of it, ``service.group_commit`` puts all
waiting commands into one transaction, the feature's handler reads and writes rows through a ``store.unit``, and the
answer is sent when the transaction is durable. ``features`` lists the features; ``hooks`` hold what one feature does
when another has changed something.
"""

from orchestrator.admin.serving import serve
from orchestrator.features import FEATURES, open_database
from orchestrator.http.server import bound, listen
from orchestrator.service.service import Service
from orchestrator.store import CannotServe

__all__ = ["FEATURES", "CannotServe", "Service", "bound", "listen", "open_database", "serve"]
