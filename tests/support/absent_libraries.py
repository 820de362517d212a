"""The command line without some libraries: a program that hides modules, then runs command after command."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.command_line import Finished, plain_environment

__all__ = ["run_without"]

PROGRAM = """
import contextlib, io, json, sys
hidden, commands = json.loads(sys.argv[1])

class Hide:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in hidden:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Hide())
from sojourn.__main__ import main
results = []
for words in commands:
    sys.argv = ["sojourn", *words]
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
    results.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(results))
"""


def run_without(
    hidden: Sequence[str], *commands: Sequence[str], cwd: Path, path: Sequence[Path] = ()
) -> list[Finished]:
    """Run commands in one process from which modules are hidden; a traceback fails.

    Parameters
    ----------
    hidden
        Names of top-level modules.
    commands
        Words of each command.
    cwd
        The current folder.
    path
        Folders that Python searches first.
    """
    environment = plain_environment()
    environment["PYTHONPATH"] = ":".join([*map(str, path), *sys.path[1:]])
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps([list(hidden), [list(words) for words in commands]])],
        check=False, cwd=cwd, capture_output=True, text=True, timeout=120, env=environment,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return [Finished(*result) for result in json.loads(done.stdout)]
