"""Progress bar for long work, shown only on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from loadtests.run.live import LiveFigures
    from sim.experiment.staffing import Progress as StaffingProgress

__all__ = ["load_progress", "progress", "roster_progress", "staffing_progress"]


@contextmanager
def progress(activity: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar on standard error while that is a terminal.

    Parameters
    ----------
    activity
        Text beside the bar, e.g. "simulating".

    Yields
    ------
    callable
        To be called with (amount done, total). The bar starts a thread at the first call and not before, so that
        `sojourn.run` can fork.
    """
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task(activity, total=None)

    def show(done: int, total: int) -> None:
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()


@contextmanager
def load_progress() -> Iterator[tuple[Callable[[float], None], Callable[[LiveFigures], None] | None]]:
    """Show the progress of a load test and its figures so far on standard error while that is a terminal.

    Yields
    ------
    tuple
        To be called with the share that is done, and with the figures; the latter is None where nobody sees them.
    """
    if not sys.stderr.isatty():
        yield lambda _share: None, None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    columns = (TextColumn("sending"), BarColumn(10), TaskProgressColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield (
            lambda share: bar.update(task, completed=share),
            lambda figures: bar.update(task, description=str(figures).replace("; ", "\n")),  # both in 80 characters
        )


@contextmanager
def staffing_progress() -> Iterator[Callable[[StaffingProgress], None]]:
    """Show the best plan so far of a staffing search on standard error while that is a terminal.

    Yields
    ------
    callable
        To be called with the state of the search.
    """
    if not sys.stderr.isatty():
        yield lambda _progress: None
        return
    from rich.console import Console

    with Console(stderr=True).status("load of the queues") as status:

        def show(state: StaffingProgress) -> None:
            kept = f"{state.holding} of {state.requirements} requirements hold"
            status.update(f"{state.stage}: best plan so far costs {state.cost:,.0f}, {kept}")

        yield show


@contextmanager
def roster_progress() -> Iterator[Callable[[str, float, float], None]]:
    """Show the best roster so far and its bound on standard error while that is a terminal.

    Yields
    ------
    callable
        To be called with the group, the cost of its best shifts so far, and their lower bound.
    """
    if not sys.stderr.isatty():
        yield lambda _group, _best, _bound: None
        return
    from rich.console import Console

    with Console(stderr=True).status("shifts") as status:

        def show(group: str, best: float, bound: float) -> None:
            state = f"best so far costs {best:,.0f}" if best < 1e300 else "no roster yet"
            status.update(f"{group}: {state}, at least {max(bound, 0.0):,.0f}")

        yield show
