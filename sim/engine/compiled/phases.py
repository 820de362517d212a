"""What a visit waits for, and why a run stops."""

from __future__ import annotations

from sim.jit.kernels import numbers

__all__ = [
    "CIRCLE", "DIALED", "DONE", "GROW", "IN_SERVICE", "LISTED", "MARGIN", "NEXT_PART", "NOTIFIED_LATER", "OVER",
    "OVERFULL", "PASSING", "PAUSED", "RETAINED", "STAYS", "SUSPENDED", "UNREACHED", "WAITING", "WRAPS",
]  # fmt: skip

(SUSPENDED,) = numbers(-1)  # where a result would stand: the visit goes on later

# The phases of a visit
(PASSING,) = numbers(1)  # self-service or a pause, until an instant
(NOTIFIED_LATER,) = numbers(2)  # a pause, until a notification
(LISTED,) = numbers(3)  # on a list, until it is dialed
(DIALED,) = numbers(4)  # until the customer answers, or not
(WAITING,) = numbers(5)  # in a queue, until its turn, or until giving up
(UNREACHED,) = numbers(6)  # called back in vain, while it rings
(IN_SERVICE,) = numbers(7)  # until the agent is done
(DONE,) = numbers(8)  # the agent is done, and the customer goes on at once
(RETAINED,) = numbers(9)  # from here on the customer has left, but not the agent
(STAYS,) = numbers(9)  # with the customer at the next step
(WRAPS,) = numbers(10)  # after-call work, and perhaps a break

# Why the kernel returns
MARGIN = 1 << 14  # rows and events that there is room for before anything happens: more than one customer makes
OVER, GROW, OVERFULL, CIRCLE, PAUSED, NEXT_PART = numbers(*range(1, 7))
