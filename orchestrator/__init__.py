"""The reference orchestration endpoint: journeys that are kept, applied once and in order.

A request goes one way: ``app`` routes it, its part reads a command of it, ``commit`` puts the command with all that
wait into one transaction, the part's handler reads and writes rows through a `Unit`, and the answer is sent when that
is durable. ``routes`` says how parts plug in, ``store`` how rows are kept.
"""

from orchestrator.http.server import bound, listen, serve
from orchestrator.service.service import Service
from orchestrator.store import CannotServe
from orchestrator.store.open import open_database

__all__ = ["CannotServe", "Service", "bound", "listen", "open_database", "serve"]
