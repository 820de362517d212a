"""Keys of agents' draws: of the shift and the number in it, so that more agents in one shift change no other."""

from __future__ import annotations

from sim.core.draws import stream
from sim.engine.plan import Plan

__all__ = ["AgentKeys"]


class AgentKeys:
    """Streams and numbers by which agents draw their speed, absence and lateness.

    Parameters
    ----------
    plan
        With the groups and their shifts.
    """

    def __init__(self, plan: Plan) -> None:
        self._shifts, self._groups = plan.shifts, plan.groups
        self._streams: dict[tuple[int, int], int] = {}

    def key_of(self, group: int, agent: int) -> tuple[int, int]:
        """Return the stream of an agent, and the number in it.

        Parameters
        ----------
        group
            Of the agent.
        agent
            Number in the group.
        """
        shifts, shift, number = self._shifts, -1, int(agent)
        row = int(shifts.agents_ptr[group]) + number
        if row < shifts.agents_ptr[group + 1]:  # on shifts
            shift, number = int(shifts.shift_of[row]), int(shifts.number_in_shift[row])
        if (group, shift) not in self._streams:
            name = f"agents/{self._groups[group]}"
            self._streams[group, shift] = stream(name if shift < 0 else f"{name}/shifts/{shift}")
        return self._streams[group, shift], number
