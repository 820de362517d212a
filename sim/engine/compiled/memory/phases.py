"""The phases of a visit: what it waits for. `docs/engines.md` says which function each goes on with."""

from __future__ import annotations

from sim.jit.kernels import numbers

__all__ = [
    "DONE", "HANGS_UP", "IN_PAUSE", "IN_SELF_SERVICE", "IN_SERVICE", "LISTED", "NOTIFIED_LATER", "RESTS", "RETAINED",
    "RINGING", "STAYS", "SUSPENDED", "UNREACHED", "WAITING", "WRAPS",
]  # fmt: skip

(SUSPENDED,) = numbers(-1)  # instead of a result: the visit goes on later

(IN_SELF_SERVICE,) = numbers(1)  # until an instant
(IN_PAUSE,) = numbers(2)  # until an instant
(NOTIFIED_LATER,) = numbers(3)  # a pause, until a notification
(LISTED,) = numbers(4)  # on a dialer's list, until the dialer calls
(RINGING,) = numbers(5)  # called by a dialer, until the customer answers, or not
(WAITING,) = numbers(6)  # in a queue, until its turn, or until giving up
(UNREACHED,) = numbers(7)  # called back in vain, while it rings
(IN_SERVICE,) = numbers(8)  # until the agent is done
(DONE,) = numbers(9)  # the agent is done, and the customer goes on at once
(HANGS_UP,) = numbers(10)  # while it rings at an agent, until giving up
(RETAINED,) = numbers(11)  # from here on the customer has left, but not the agent
(STAYS,) = numbers(11)  # the agent stays with the customer at the next step
(WRAPS,) = numbers(12)  # after-call work
(RESTS,) = numbers(13)  # the agent takes a break
