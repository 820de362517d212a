"""The reference orchestration endpoint: journeys that are kept, applied once and in order.

A request goes one way: ``app`` routes it, ``reading`` makes a command of it, ``commit`` puts the command with all that
wait into one transaction, ``tables`` reads and writes the rows, and ``transitions`` says what the command does. The
service asks for storage only through `Store`.
"""

from loadtests.orchestrator.server import bound, listen, serve
from loadtests.orchestrator.sqlite import SqliteStore
from loadtests.orchestrator.store import CannotServe, Store

__all__ = ["CannotServe", "SqliteStore", "Store", "bound", "listen", "serve"]
