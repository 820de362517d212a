"""Commands of an operator beside serving; each returns the line to print."""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from orchestrator.admin import backup, retention
from orchestrator.features import open_database
from orchestrator.service import tenants
from orchestrator.store.database import Database
from orchestrator.store.errors import CannotServe, NotApplied, Unsure, refusal

__all__ = ["add", "back_up", "forget", "listing", "remove", "rotate"]

T = TypeVar("T")


def _with(store: str, action: Callable[[Database], T]) -> T:
    """Do something with an opened store; turn errors of the store into a sentence for the operator."""
    with closing(open_database(store)) as database:
        try:
            return action(database)
        except (NotApplied, Unsure) as error:
            raise refusal(error, f"the store has failed: {error}") from error
        except ValueError as error:
            raise CannotServe(str(error)) from error


def add(store: str, tenant: str) -> str:
    """Give a tenant one more token; return it."""
    return _with(store, lambda database: tenants.add_token(database, tenant, time.time()))


def listing(store: str) -> str:
    """Return the tenants, each with the number of its tokens."""
    counts = _with(store, lambda database: database.look(tenants.tenants))
    if not counts:
        return "no tenant has a token; sojourn tenant add NAME adds one, from then on every request needs one"
    return "\n".join(f"{name}: {count} token{'s' if count > 1 else ''}" for name, count in counts.items())


def rotate(store: str, tenant: str) -> str:
    """Replace all tokens of a tenant by a new one; return it."""
    return _with(store, lambda database: tenants.rotate_token(database, tenant, time.time()))


def remove(store: str, tenant: str) -> str:
    """Remove all tokens of a tenant."""
    count = _with(store, lambda database: tenants.remove_tokens(database, tenant, time.time()))
    if not count:
        raise CannotServe(f'no tenant "{tenant}" has a token; sojourn tenant list shows who has')
    return f"{tenant}: {count} token{'s' if count > 1 else ''} removed; what the tenant has stored stays"


def back_up(store: str, target: Path | None) -> str:
    """Copy a store to a file."""
    if target is None:
        raise CannotServe("a backup needs a file to write to: sojourn store backup FILE")
    return f"{target}: {backup.back_up(store, target)} bytes, of one instant and checked"


def forget(store: str, days: float) -> str:
    """Delete old completed journeys."""
    before = time.time() - (retention.days(days) or 0)
    count = _with(store, lambda database: retention.forget(database, before))
    return f"{count} journeys that were completed more than {days:g} days ago are forgotten"
