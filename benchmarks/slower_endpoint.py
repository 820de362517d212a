"""Reference endpoint that takes longer for each command: a build with a slowdown of a known size.

``python -m benchmarks.slower_endpoint --burn 100 --database x.db`` burns 100 us of CPU time more for each command, and
prints its address; 0 is the build as it is. ``python -m benchmarks.real_duels --a URL --b URL`` compares two of them.
"""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from time import process_time
from typing import Any

from orchestrator import Service, bound, listen, open_database
from orchestrator.core.answer import Answer
from orchestrator.features import FEATURES

__all__ = ["SlowerService", "main"]


class SlowerService(Service):
    """Burn CPU time, and wait, before each command."""

    burn, delay = 0.0, 0.0  # seconds

    async def submit(self, command: Any) -> Answer:
        """Answer a command, later."""
        until = process_time() + self.burn
        while process_time() < until:
            pass
        if self.delay:
            await asyncio.sleep(self.delay)
        return await super().submit(command)


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slower_endpoint", description=__doc__)
    parser.add_argument("--burn", type=float, default=0.0, help="microseconds of CPU time for each command")
    parser.add_argument("--delay", type=float, default=0.0, help="milliseconds for each command")
    parser.add_argument("--database", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    SlowerService.burn, SlowerService.delay = options.burn / 1e6, options.delay / 1e3
    with (
        bound("127.0.0.1", options.port) as sock,
        SlowerService(open_database(options.database), FEATURES) as service,
    ):
        listen(service, sock)


if __name__ == "__main__":
    main()
