"""Components of the endpoint without a server: identifiers, commits, time, problems."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from orchestrator import CannotServe, Service, open_database, serve
from orchestrator.core.answer import Answer, Key
from orchestrator.core.json_codec import Malformed, merge, read
from orchestrator.core.new_id import IdGenerator
from orchestrator.core.problems import KINDS, Refused
from orchestrator.features import FEATURES
from orchestrator.http.app import App
from orchestrator.journeys.commands import Record, Start
from orchestrator.journeys.handlers import record
from orchestrator.journeys.models import Event, NewJourney
from orchestrator.journeys.rows import Entry, Journey
from orchestrator.service.command_context import CommandContext
from orchestrator.service.group_commit import LARGEST_BATCH, GroupCommit
from orchestrator.store.errors import Unsure
from orchestrator.store.unit import Unit

# Documents


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_says(target: object, patch: object, result: object) -> None:
    before = json.dumps(target)
    assert merge(target, patch) == result
    assert json.dumps(target) == before


def test_reading_keeps_what_json_can_hold() -> None:
    body = b'{"text": "\\ud83d\\ude00 \\" [{", "numbers": [1.5, -3, 1e300], "nothing": null}'
    assert read(body) == {"text": '😀 " [{', "numbers": [1.5, -3, 1e300], "nothing": None}


def test_nesting_is_allowed_to_a_depth() -> None:
    assert read(b"[" * 64 + b"]" * 64)
    with pytest.raises(Malformed, match="deeper than 64"):
        read(b"[" * 65 + b"]" * 65)
    assert len(read(b"[" + b",".join([b"[]"] * 100) + b"]")) == 100


# IdGenerator


def test_identifiers_are_uuids_that_ascend() -> None:
    identifiers = IdGenerator()
    made = [identifiers.new_id() for _ in range(5000)]
    assert made == sorted(set(made))
    assert {(UUID(identifier).version, UUID(identifier).variant) for identifier in made} == {
        (7, "specified in RFC 4122")
    }


def test_identifiers_ascend_when_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    identifiers = IdGenerator()
    clock = iter([2_000_000_000_000_000_000, 1_000_000_000_000_000_000, 1_000_000_000_000_000_001])
    monkeypatch.setattr("orchestrator.core.new_id.time.time_ns", lambda: next(clock))
    first, second = identifiers.new_id(), identifiers.new_id()
    assert first < second
    assert IdGenerator(second).new_id() > second
    assert int(first.replace("-", "")[:12], 16) == 2_000_000_000_000, "begins with the milliseconds"


# Group commit


class Disk:
    """A database that notes what is asked of it, and whose commits last as long as the test wants."""

    in_memory = False
    courtesy = 0.01

    def __init__(self) -> None:
        self.log: list[str] = []
        self.goes_on = threading.Event()
        self.goes_on.set()
        self.failure: BaseException | None = None

    def begin(self, _: Any) -> Any:
        self.log.append("begin")

    def apply(self, command: Any, _: Any) -> Answer:
        self.log.append(command)
        return Answer(201, command.encode())

    def flush(self) -> None:
        pass

    def commit(self) -> Any:
        self.goes_on.wait()
        if self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self.log.append("commit")
        return {}

    def rollback(self) -> None:
        self.log.append("rollback")


def commits_to(disk: Disk, limit: int) -> Any:
    # On a clock that stands, so that a stall of the machine ends no batch.
    return closing(GroupCommit(disk, disk.apply, lambda _: (), lambda _: None, limit, clock=lambda: 0.0))


async def soon(times: int = 5) -> None:
    """Let the loop do what it can."""
    for _ in range(times):
        await asyncio.sleep(0)


def test_whatever_waits_shares_a_commit_and_nobody_is_answered_before() -> None:
    async def story() -> None:
        disk = Disk()
        with commits_to(disk, 100) as commits:
            disk.goes_on.clear()
            first = [asyncio.ensure_future(commits.submit(name)) for name in "ab"]
            await soon()
            second = [asyncio.ensure_future(commits.submit(name)) for name in "cd"]
            await asyncio.sleep(0.02)
            assert disk.log == ["begin", "a", "b"]
            assert not any(future.done() for future in first + second)
            disk.goes_on.set()
            answers = await asyncio.gather(*first, *second)
        assert [answer.body for answer in answers] == [b"a", b"b", b"c", b"d"]
        assert disk.log == ["begin", "a", "b", "commit", "begin", "c", "d", "commit"]

    asyncio.run(story())


def test_a_batch_has_a_largest_size() -> None:
    async def story() -> None:
        disk = Disk()
        with commits_to(disk, 1000) as commits:
            await asyncio.gather(*(commits.submit(str(n)) for n in range(LARGEST_BATCH + 1)))
        assert disk.log.index("commit") == LARGEST_BATCH + 1
        assert disk.log[-3:] == ["begin", str(LARGEST_BATCH), "commit"]

    asyncio.run(story())


def test_a_full_queue_refuses_and_keeps_what_it_accepted() -> None:
    async def story() -> None:
        disk = Disk()
        with commits_to(disk, 3) as commits:
            disk.goes_on.clear()
            accepted = [asyncio.ensure_future(commits.submit(name)) for name in "abc"]
            await soon()
            assert commits.full()
            with pytest.raises(Refused) as refused:
                await commits.submit("d")
            assert refused.value.answer().status == 503
            assert (b"retry-after", b"1") in refused.value.headers
            disk.goes_on.set()
            assert [answer.body for answer in await asyncio.gather(*accepted)] == [b"a", b"b", b"c"]
            assert (await commits.submit("e")).body == b"e"
        assert "d" not in disk.log

    asyncio.run(story())


def test_a_failed_commit_is_told_to_all_who_wait_and_the_next_one_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        disk = Disk()
        disk.failure = Unsure("database or disk is full")
        with commits_to(disk, 100) as commits:
            answers = await asyncio.gather(*(commits.submit(name) for name in "ab"))
            assert [answer.status for answer in answers] == [500, 500]
            assert "the log of the service has the cause" in json.loads(answers[0].body)["detail"]
        assert caplog.text.count("disk is full") == 1
        with commits_to(disk, 100) as commits:
            assert (await commits.submit("c")).status == 201
        assert disk.log == ["begin", "a", "b", "rollback", "begin", "c", "commit"]

    asyncio.run(story())


def test_a_bug_leaves_nobody_waiting() -> None:
    reported: list[BaseException | None] = []

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, report: reported.append(report.get("exception")))
        disk = Disk()
        disk.failure = ZeroDivisionError("a bug")
        with commits_to(disk, 100) as commits:
            assert (await commits.submit("a")).status == 500
            assert (await commits.submit("b")).status == 201

    asyncio.run(story())
    assert [type(error) for error in reported] == [ZeroDivisionError], "and it is not hushed up"


# Units and transactions


def start(customer: str) -> Start:
    body = NewJourney(customer=customer, intent="loan", channel="web")
    return Start(tenant="default", key=Key(customer, b"1"), body=body)


def event(name: str, journey: str) -> Record:
    body = Event(specversion="1.0", id=name, source="test", type="step")
    return Record(tenant="default", journey=journey, body=body)


def test_one_failing_item_spares_the_others_of_its_batch(tmp_path: Path) -> None:
    def poisoned(command: Record, unit: Unit, context: CommandContext) -> Answer:
        answer = record(command, unit, context)
        if command.body.id == "poison":  # two rows that the database cannot keep together
            unit.put(replace(unit.get(Entry, "default", command.journey, 1), journey="another"))
        return answer

    async def story() -> None:
        with Service(open_database(tmp_path / "journeys.db"), FEATURES) as service:
            service.handlers[Record] = poisoned
            journey = json.loads((await service.submit(start("anna"))).body)["id"]
            answers = await asyncio.gather(*(service.submit(event(name, journey)) for name in ("a", "poison", "b")))
            assert [answer.status for answer in answers] == [201, 500, 201]
            history = await service.look(lambda unit: unit.find(Entry, "key", "default", journey))
            assert [(entry.version, entry.id) for entry in history[1:]] == [(2, "a"), (3, "b")]
            shown = await service.look(lambda unit: unit.get(Journey, "default", journey))
            assert shown.version == 3

    asyncio.run(story())


def test_a_bug_in_a_handler_spares_the_others_and_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def buggy(command: Record, unit: Unit, context: CommandContext) -> Answer:
        answer = record(command, unit, context)
        assert command.body.id != "bug", "a bug"
        return answer

    async def story() -> list[int]:
        with Service(open_database(tmp_path / "journeys.db"), FEATURES) as service:
            service.handlers[Record] = buggy
            journey = json.loads((await service.submit(start("anna"))).body)["id"]
            answers = await asyncio.gather(*(service.submit(event(name, journey)) for name in ("a", "bug", "b")))
            history = await service.look(lambda unit: unit.find(Entry, "key", "default", journey))
            assert [entry.id for entry in history[1:]] == ["a", "b"]
            return [answer.status for answer in answers]

    assert asyncio.run(story()) == [201, 500, 201]
    assert "a bug in what handles Record" in caplog.text


def test_what_is_not_committed_is_not_shown_and_is_forgotten_at_the_end(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "journeys.db")) as database:
        service = Service(database, FEATURES)
        unit = database.begin(())
        service.apply(start("anna"), unit)
        database.flush()
        assert database.look(lambda unit: unit.find(Journey, "key", "default")) == []
        database.commit()
        assert [journey.customer for journey in database.look(lambda unit: unit.find(Journey, "key", "default"))] == [
            "anna"
        ]
        unit = database.begin(())
        service.apply(start("bert"), unit)
        database.flush()
    with closing(open_database(tmp_path / "journeys.db")) as database:
        assert [journey.customer for journey in database.look(lambda unit: unit.find(Journey, "key", "default"))] == [
            "anna"
        ]


# The application


def asked(service: Service, receive: Any, **scope: Any) -> list[dict[str, Any]]:
    """Send one request to the application; return what it sends."""
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(App(service)({"type": "http", "query_string": b"", "headers": [], **scope}, receive, send))
    return sent


async def nothing() -> dict[str, Any]:
    return {"type": "http.request", "body": b""}


async def disconnect() -> dict[str, Any]:
    return {"type": "http.disconnect"}


def test_it_is_not_ready_while_the_queue_is_full(tmp_path: Path) -> None:
    with Service(open_database(tmp_path / "journeys.db"), FEATURES, queue_limit=0) as service:
        sent = asked(service, nothing, method="GET", path="/health/ready")
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]


def test_a_request_whose_client_goes_away_does_nothing(tmp_path: Path) -> None:
    headers = [(b"idempotency-key", b"p"), (b"content-length", b"20")]
    with Service(open_database(tmp_path / "journeys.db"), FEATURES) as service:
        journey = json.loads(asyncio.run(service.submit(start("anna"))).body)["id"]
        sent = asked(service, disconnect, method="POST", path=f"/v1/journeys/{journey}/pause", headers=headers)
        shown = service.database.look(lambda unit: unit.get(Journey, "default", journey))
    assert (shown.state, shown.version) == ("active", 1)
    assert sent[0]["status"] == 400


# Starting


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::", "example.org", ""])
def test_only_loopback_is_listened_on(tmp_path: Path, host: str) -> None:
    with pytest.raises(CannotServe, match=r"give 127\.0\.0\.1, ::1 or localhost"):
        serve(host, 0, tmp_path / "journeys.db")
    assert not (tmp_path / "journeys.db").exists()


def test_what_is_no_database_of_ours_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, other, newer = tmp_path / "notes.txt", tmp_path / "other.db", tmp_path / "newer.db"
    text.write_text("not a database, but long enough to be looked at as one" * 100)
    for path, statement in ((other, "CREATE TABLE theirs (x)"), (newer, "PRAGMA user_version = 99")):
        with closing(sqlite3.connect(path)) as database, database:
            database.execute(statement)
    for path, sentence in (
        (text, "is not a database"),
        (other, "another program"),
        (newer, "schema version 99"),
        (tmp_path / "missing" / "journeys.db", "its folder does not exist"),
    ):
        before = path.read_bytes() if path.exists() else None
        with pytest.raises(CannotServe, match=sentence) as refused:
            open_database(path)
        assert str(path) in str(refused.value)
        assert (path.read_bytes() if path.exists() else None) == before


@pytest.mark.load
def test_the_command_line_refuses_with_one_sentence(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "orchestrator",
        "--database",
        str(tmp_path / "x.db"),
        "--host",
        "0.0.0.0",
    ]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("refusing to listen on 0.0.0.0")
    assert ended.stderr.count("\n") == 1


def test_every_kind_of_problem_has_an_answer() -> None:
    for slug, (status, _) in KINDS.items():
        assert Refused(slug, "because").answer().status == status
