"""New identifiers: UUIDs of version 7 that ascend, so that the last one of a page tells where the next page begins."""

import secrets
import time
from uuid import UUID

__all__ = ["IdGenerator"]


class IdGenerator:
    """Makes identifiers, each greater than all before.

    A UUID of version 7 begins with the instant. The 12 bits after the milliseconds hold a fraction of a millisecond
    (RFC 9562, 6.2, method 3). When the clock stands still or goes back, the last instant is counted on instead.

    Parameters
    ----------
    last
        The greatest identifier that an earlier process has made.
    """

    def __init__(self, last: str | None = None) -> None:
        self._last = 0
        if last is not None:
            number = UUID(last).int
            self._last = (number >> 80 << 12) | (number >> 64 & 0xFFF)

    def new_id(self) -> str:
        """Return a new identifier; its 62 random bits cannot be guessed."""
        tick = time.time_ns() * 4096 // 1_000_000
        self._last = tick = max(tick, self._last + 1)
        number = (tick >> 12) << 80 | 0x7 << 76 | (tick & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)
        digits = f"{number:032x}"
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
