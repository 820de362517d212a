"""SQLite: the schema, and what a command reads and writes inside a transaction that somebody else commits."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from loadtests.orchestrator.documents import write
from loadtests.orchestrator.identifiers import Identifiers
from loadtests.orchestrator.model import Answer, Command, Entry, Journey, Merge, Record, Start, State
from loadtests.orchestrator.problems import Refused, unknown_journey
from loadtests.orchestrator.store import CannotServe
from loadtests.orchestrator.transitions import Change, Moment, change

__all__ = ["Tables"]

VERSION = 1
"""Of the schema; kept in the database, so that a later program knows what it opens."""

_SCHEMA = """
CREATE TABLE journeys (
  id TEXT PRIMARY KEY, customer TEXT NOT NULL, intent TEXT NOT NULL, state TEXT NOT NULL, channel TEXT NOT NULL,
  version INTEGER NOT NULL, context TEXT NOT NULL, started TEXT NOT NULL, updated TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX journeys_of ON journeys (customer, id);
CREATE UNIQUE INDEX journeys_open ON journeys (customer, intent) WHERE state <> 'completed';
CREATE TABLE history (
  journey TEXT NOT NULL, version INTEGER NOT NULL, id TEXT NOT NULL, source TEXT NOT NULL, type TEXT NOT NULL,
  time TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (journey, version)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX history_once ON history (source, id);
CREATE TABLE answers (
  key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, status INTEGER NOT NULL, media BLOB NOT NULL, etag BLOB NOT NULL,
  body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
"""

_JOURNEY = "SELECT id, customer, intent, state, channel, version, context, started, updated FROM journeys"
_ENTRY = "SELECT journey, version, id, source, type, time, data FROM history"


def _connect(database: Path) -> sqlite3.Connection:
    """Open a connection to a database of ours whose commits are on the disk when they return; make sure of both."""
    connection = sqlite3.connect(database, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        _prepare(connection, database)
    except (sqlite3.Error, CannotServe):
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, database: Path) -> None:
    """Make the tables of a new database; refuse another program's before anything of it is touched."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version not in {0, VERSION}:
        raise CannotServe(f"{database}: has schema version {version}, this program knows version {VERSION}")
    if version == 0 and connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise CannotServe(f"{database}: is a database of another program")
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    connection.execute("PRAGMA synchronous = FULL")
    synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
    if (mode, synchronous) != ("wal", 2):
        raise CannotServe(f"{database}: SQLite gives journal mode {mode} here, but an answer is durable only with WAL")
    if version == 0:
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")


class Tables:
    """The tables of one database file.

    `begin`, `apply` and `commit` belong to one writer, which calls them in turn; reads go over a connection of their
    own and see what is committed.

    Parameters
    ----------
    database
        The file; made when it is not there.

    Raises
    ------
    CannotServe
        When the file cannot be opened, is no database, or one of another program or version.
    """

    def __init__(self, database: Path) -> None:
        try:
            self._writer = _connect(database)
            self._reader = _connect(database)
            last = self._reader.execute("SELECT max(id) FROM journeys").fetchone()[0]
        except sqlite3.Error as error:
            raise CannotServe(f"{database}: cannot be used as the database: {error}") from error
        self._identifiers = Identifiers(last)

    # The writer's side

    def begin(self) -> None:
        """Begin the transaction that the next commands share."""
        self._writer.execute("BEGIN IMMEDIATE")

    def commit(self) -> None:
        """Make the transaction durable; it is on the disk when this returns."""
        self._writer.execute("COMMIT")

    def rollback(self) -> None:
        """Forget the transaction, if one is open."""
        if self._writer.in_transaction:
            self._writer.execute("ROLLBACK")

    def apply(self, command: Command) -> Answer:
        """Apply a command within the transaction, or nothing of it.

        Parameters
        ----------
        command
            What is asked.

        Returns
        -------
        Answer
            To be sent after the commit; the one given before, when the command was applied before.
        """
        self._writer.execute("SAVEPOINT item")
        try:
            answer = self._once(command)
        except Refused as refusal:
            answer = refusal.answer()
        except sqlite3.Error as error:
            if not self._writer.in_transaction:  # a full disk, say, has rolled back everybody's changes
                raise
            self._writer.execute("ROLLBACK TO item")
            answer = Refused("storage", f"the request was not applied: {error}").answer()
        self._writer.execute("RELEASE item")
        return answer

    def _once(self, command: Command) -> Answer:
        """Answer a command that may have been answered before."""
        if isinstance(command, Record):
            return self._repeated(command) or self._change(command)
        if isinstance(command, Merge):
            return self._change(command)
        row = self._writer.execute(
            "SELECT fingerprint, status, media, etag, body FROM answers WHERE key = ?", (command.key.value,)
        ).fetchone()
        if row is not None:
            if row[0] != command.key.fingerprint:
                raise Refused("key-reused", f"{command.key.value} came with another method, path or body before")
            return Answer(row[1], row[4], row[2], row[3])
        # A refusal is kept too: whoever asks again is told the same, whatever happened in between.
        try:
            answer = self._change(command)
        except Refused as refusal:
            answer = refusal.answer()
        self._writer.execute(
            "INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)",
            (command.key.value, command.key.fingerprint, answer.status, answer.media, answer.etag, answer.body),
        )
        return answer

    def _repeated(self, command: Record) -> Answer | None:
        """Return the answer to an event that has been applied before."""
        row = self._writer.execute(
            "SELECT journey, version FROM history WHERE source = ? AND id = ?", (command.source, command.id)
        ).fetchone()
        if row is None:
            return None
        if row[0] != command.journey:
            raise Refused("elsewhere", "an event with this source and id was recorded for another journey")
        return _recorded(200, command.journey, row[1], applied=False)

    def _change(self, command: Command) -> Answer:
        """Change the journey that a command is about, and return the answer."""
        journey = self._subject(command)
        moment = Moment(datetime.now(UTC).isoformat(timespec="milliseconds"), self._identifiers.fresh)
        done = change(command, journey, moment)
        self._keep(done, new=journey is None)
        if isinstance(command, Record):
            return _recorded(201, command.journey, done.journey.version, applied=True)
        return done.journey.answer(201 if journey is None else 200)

    def _subject(self, command: Command) -> Journey | None:
        """Return the journey that a command is about; ``None`` only for one that a start has yet to make."""
        if isinstance(command, Start):
            where, values = "customer = ? AND intent = ? AND state <> 'completed'", (command.customer, command.intent)
            return _journey(self._writer.execute(f"{_JOURNEY} WHERE {where}", values).fetchone())
        journey = _journey(self._writer.execute(f"{_JOURNEY} WHERE id = ?", (command.journey,)).fetchone())
        if journey is None:
            raise unknown_journey(command.journey)
        return journey

    def _keep(self, done: Change, *, new: bool) -> None:
        """Write a change."""
        journey, entry = done.journey, done.entry
        if new:
            self._writer.execute(
                "INSERT INTO journeys VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (journey.id, journey.customer, journey.intent, journey.state, journey.channel,
                 journey.version, journey.context, journey.started, journey.updated),
            )  # fmt: skip
        else:
            self._writer.execute(
                "UPDATE journeys SET state = ?, channel = ?, version = ?, context = ?, updated = ? WHERE id = ?",
                (journey.state, journey.channel, journey.version, journey.context, journey.updated, journey.id),
            )
        self._writer.execute(
            "INSERT INTO history VALUES (?, ?, ?, ?, ?, ?, ?)",
            (entry.journey, entry.version, entry.id, entry.source, entry.type, entry.time, entry.data),
        )

    # The readers' side

    def journey(self, journey: str) -> Journey | None:
        """Return a journey, or ``None`` where there is none."""
        return _journey(self._reader.execute(f"{_JOURNEY} WHERE id = ?", (journey,)).fetchone())

    def journeys(self, customer: str | None, after: str, limit: int) -> list[Journey]:
        """Return journeys in the order of their creation."""
        where, values = ("customer = ? AND ", (customer,)) if customer is not None else ("", ())
        rows = self._reader.execute(f"{_JOURNEY} WHERE {where}id > ? ORDER BY id LIMIT ?", (*values, after, limit))
        return [journey for row in rows if (journey := _journey(row))]

    def history(self, journey: str, after: int, limit: int) -> list[Entry]:
        """Return entries of a journey in the order of versions."""
        where = "journey = ? AND version > ? ORDER BY version LIMIT ?"
        return [Entry(*row) for row in self._reader.execute(f"{_ENTRY} WHERE {where}", (journey, after, limit))]

    def close(self) -> None:
        """Close the connections."""
        with closing(self._writer), closing(self._reader):
            self.rollback()


def _journey(row: tuple[str, str, str, str, str, int, str, str, str] | None) -> Journey | None:
    """Return a row as a journey."""
    if row is None:
        return None
    name, customer, intent, state, *rest = row
    return Journey(name, customer, intent, State(state), *rest)  # type: ignore[arg-type]


def _recorded(status: int, journey: str, version: int, *, applied: bool) -> Answer:
    """Return the answer to an event."""
    return Answer(status, write({"journey": journey, "version": version, "applied": applied}).encode())
