"""A replication with the kernel: the log of the reference engine, event for event."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from sim.core.errors import InvalidInput, Problem, SojournError
from sim.distributions import quantiles_of
from sim.engine.compiled.kernel import advance
from sim.engine.compiled.memory.columns import keep_memory
from sim.engine.compiled.memory.room import CIRCLE, GROW, MARGIN, NEXT_PART, OVER, OVERFULL, PAUSED, TOO_MANY_AGENTS
from sim.engine.compiled.memory.scores import scores_of
from sim.engine.compiled.memory.state import State
from sim.engine.log import Block, Log
from sim.engine.plan import Plan
from sim.engine.policy import is_compilable
from sim.jit.functions import NotCompilable, is_kept, one_at_a_time
from sim.population import Population

__all__ = ["blocks", "reason_against", "run"]

_EVENTS = 1 << 18  # after so many, some 0.1 s, an interrupt is answered
_ROOM, _ROWS_EACH = 1 << 15, 4
_GOES_ON = {GROW, PAUSED, NEXT_PART}
_BLOCK = 3 * MARGIN  # rows that there is room for at first in a run without a log


def run(plan: Plan, population: Population) -> Log:
    """Simulate one replication.

    Parameters
    ----------
    plan
        The scenario.
    population
        The customers.

    Returns
    -------
    Log
        Every touchpoint, in order of (began, customer, visit), and when agents were there.

    Raises
    ------
    InvalidInput
        A law or the routing policy is plain Python.
    SojournError
        A journey goes round in circles for more than `sim.engine.plan.MAX_VISITS` touchpoints, or an unlimited group
        needs more agents than there may be.
    """
    _refuse(plan)
    keep_memory()
    room = _ROOM + _ROWS_EACH * len(population)
    while True:
        state = State(plan, iter([population]), room)
        _prepare(state)
        while (stop := int(advance(state.record, _EVENTS))) in _GOES_ON:
            if stop == GROW:
                state.grow()
            elif stop == NEXT_PART:
                state.add_part()
        if stop != OVERFULL:
            _check_end(plan, state, stop)
            return state.log()
        room *= 4  # one event needed more: the run begins again


def blocks(plan: Plan, parts: Iterable[Population]) -> Iterator[Block]:
    """Simulate one replication, and forget its customers as they leave.

    Parameters
    ----------
    plan
        The scenario.
    parts
        The customers, part by part (`sim.population.draw_in_parts`).

    Yields
    ------
    Block
        Stretch by stretch. The touchpoints of customers who may still come again stay in memory.

    Raises
    ------
    InvalidInput, SojournError
        As for `run`.
    """
    _refuse(plan)
    state = State(plan, iter(parts), _BLOCK)
    _prepare(state)
    while (stop := int(advance(state.record, _EVENTS))) in _GOES_ON:
        if stop == NEXT_PART:
            state.add_part()
            continue
        yield state.take_block()
        if state.is_half_full:
            state.grow()
    if stop == OVERFULL:
        raise SojournError("more happens at one instant than fits into memory without a log; give --log first")
    _check_end(plan, state, stop)
    yield state.last_block()


def reason_against(plan: Plan) -> str:
    """Return why this engine cannot run a plan, as a sentence; empty if it can."""
    quantiles = quantiles_of(plan.laws.families)
    plain = [f'the law "{law}"' for law in plan.laws.families if not hasattr(quantiles[law], "overloads")]
    plain[:0] = dict.fromkeys(f'the step "{process.name}"' for process in plan.processes)
    for policy in sorted({plan.routing, *plan.queue_routing} - {""}, reverse=True):
        if not _is_compiled(policy):
            plain.insert(0, f'the routing policy "{policy}"')
    return f"{plain[0]} is plain Python, which only the simpy engine runs" if plain else ""


def _is_compiled(policy: str) -> bool:
    """Return whether a routing policy can be compiled, and compile it."""
    try:
        return is_compilable(policy) and bool(scores_of(policy))
    except NotCompilable:
        return False


def _refuse(plan: Plan) -> None:
    if reason := reason_against(plan):
        raise InvalidInput([Problem("--engine", "", f"{reason}; give --engine simpy, or auto")])


def _check_end(plan: Plan, state: State, stop: int) -> None:
    """Raise an error unless a run is over."""
    if stop == CIRCLE:
        raise SojournError(plan.circle_at(state.circle))
    if stop == TOO_MANY_AGENTS:
        raise SojournError(plan.too_many_agents(state.fully_busy))
    assert stop == OVER


def _prepare(state: State) -> None:
    """Load the kernel, or compile it: one process does, and others wait for it."""
    if advance.overloads:  # type: ignore[attr-defined]
        return
    with one_at_a_time("engine"):
        if not is_kept(advance):
            sys.stderr.write("compiling the engine, once; some twenty seconds ...\n")
            sys.stderr.flush()
        advance(state.record, 0)
