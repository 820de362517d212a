"""Commands forked from one process that has loaded the program: they do not spend seconds on imports.

``python forked_commands.py`` loads the command line, reads one order after the other from its standard input, and
writes the process id of the command that it has forked, and the exit code when the command has ended.
"""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import resource
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import IO, Any

__all__ = ["Fork"]

ROOT = Path(__file__).parents[2]
LIBRARIES = ("jinja2", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg", "pyarrow.parquet")


class Fork:
    """Process that has loaded the command line, and forks one command at a time.

    Its streams are pipes, like those of its commands: Python looks once whether a stream is a file.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        pipe = subprocess.PIPE
        self._loaded = subprocess.Popen(
            [sys.executable, __file__], stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT, env=dict(environment)
        )

    def run(self, words: Sequence[str], cwd: Path, limit: int | None, seconds: float) -> tuple[int, str, str]:
        """Run a command to its end; return its exit code and what it wrote."""
        assert self._loaded.stdin is not None
        pipes = [os.pipe(), os.pipe()]
        own = f"/proc/{os.getpid()}/fd"
        order = {
            "words": words,
            "cwd": os.fspath(cwd),
            "limit": limit,
            "outputs": [f"{own}/{pipe[1]}" for pipe in pipes],
        }
        self._loaded.stdin.write(json.dumps(order) + "\n")
        self._loaded.stdin.flush()
        pid = self._number()
        texts = ["", ""]

        def read(number: int, file: IO[str]) -> None:
            with file:
                texts[number] = file.read()

        threads = []
        for number, (reading, writing) in enumerate(pipes):
            os.close(writing)
            threads.append(Thread(target=read, args=(number, os.fdopen(reading, encoding="utf-8"))))
            threads[-1].start()
        for thread in threads:
            thread.join(seconds)
        if any(thread.is_alive() for thread in threads):
            os.kill(pid, signal.SIGKILL)
            self._number()
            raise subprocess.TimeoutExpired(" ".join(words), seconds)
        return self._number(), texts[0], texts[1]

    def _number(self) -> int:
        assert self._loaded.stdout is not None
        return int(self._loaded.stdout.readline())


def _become(order: dict[str, Any], streams: Sequence[int]) -> None:
    """Be the command, as ``python -m sojourn`` is."""
    import sojourn.__main__ as command_line

    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number, descriptor in enumerate(streams):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(order["cwd"])
    if order["limit"] is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"],) * 2)
    sys.path[0] = os.getcwd()  # noqa: PTH109
    sys.modules["__main__"] = command_line
    sys.argv = [command_line.__file__, *order["words"]]
    command_line.main()


def _load() -> None:
    """Load what commands load when they need it."""
    import sim
    import sojourn.commands

    for package in (sim, sojourn.commands):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    for name in LIBRARIES:
        import_module(name)


def main() -> None:
    """Fork commands until the standard input ends; in a command, be it."""
    sys.path[0] = os.fspath(ROOT)
    _load()
    gc.freeze()  # so that a collection in a command copies no memory
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for line in sys.stdin:
        order = json.loads(line)
        streams = [os.open(os.devnull, os.O_RDONLY), *(os.open(name, os.O_WRONLY) for name in order["outputs"])]
        pid = os.fork()
        if pid == 0:
            return _become(order, streams)
        for descriptor in streams:
            os.close(descriptor)
        _write(pid)
        _write(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    return None


def _write(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
