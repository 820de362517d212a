"""``python -m sojourn.api.attached PID WORD ...``: a command of `sojourn` that ends with its parent PID."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

_POLL = 0.2  # seconds


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_end_with, args=(int(sys.argv.pop(1)),), daemon=True).start()
    runpy.run_module("sojourn", run_name="__main__", alter_sys=True)
