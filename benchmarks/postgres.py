"""A PostgreSQL server for benchmarks and tests, from the distribution's packages; it can be killed."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

NEEDED = "PostgreSQL's server is not installed (no initdb in PATH or /usr/lib/postgresql): apt-get install postgresql"


def binaries() -> Path | None:
    """Return the folder of initdb and postgres of the latest installed version."""
    initdb = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    folders = [folder for folder in folders if (folder / "initdb").exists()]
    return Path(initdb).parent if initdb else folders[-1] if folders else None


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


@dataclass
class Postgres:
    """A server whose files are in a folder; its superuser may connect from this machine without a password.

    Parameters
    ----------
    folder
        Where its files are.
    log_file_mb
        Size of each file of its write-ahead log; a power of two.
    """

    folder: Path
    log_file_mb: int = 16
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        where = binaries()
        assert where is not None, NEEDED
        self._where = where
        # The server refuses to run as root; then it runs as the user that its package created.
        self._user = pwd.getpwnam("postgres") if os.getuid() == 0 else None
        self.folder.mkdir(parents=True)
        if self._user is not None:
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
        options = (
            "--no-sync", "--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C",
            f"--wal-segsize={self.log_file_mb}",
        )  # fmt: skip
        done = subprocess.run(
            [where / "initdb", *options, "--pgdata", self._data], capture_output=True, check=False, **self._as()
        )
        assert done.returncode == 0, done.stderr
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _as(self) -> dict[str, object]:
        if self._user is None:
            return {"cwd": self.folder}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": [], "cwd": self.folder}

    def url(self, database: str = "postgres") -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start the server and wait until it accepts connections; after a crash, it recovers first."""
        command = [
            self._where / "postgres", "-D", self._data, "-p", str(self.port), "-h", "127.0.0.1", "-k", self.folder,
            "-c", "recovery_init_sync_method=syncfs",
            # A server that stops waits for clients that have connected and say nothing, such as those of a frozen one.
            "-c", "authentication_timeout=20s",
        ]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, **self._as())
        deadline = time.monotonic() + 60
        while not self._takes_connections():
            assert self.process.poll() is None, (self.folder / "log").read_text(encoding="utf-8")
            assert time.monotonic() < deadline, "the server does not take connections"
            time.sleep(0.02)

    def _takes_connections(self) -> bool:
        import psycopg

        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError:
            return False
        return True

    def create(self, database: str) -> str:
        """Create an empty database; return its URL."""
        import psycopg

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def kill(self) -> None:
        """Kill all processes of the server at once."""
        assert self.process is not None
        pids = [self.process.pid, *self._children()]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)
        deadline = time.monotonic() + 30
        while any(_runs(pid) for pid in pids):
            assert time.monotonic() < deadline, "a killed process still runs"
            time.sleep(0.005)

    def _children(self) -> list[int]:
        assert self.process is not None
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text(encoding="ascii").split()]

    def stop(self) -> None:
        """Stop the server, even with open connections."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(60)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
