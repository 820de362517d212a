"""Units of work are the same over every store: reads, order, and undo."""

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator import CannotServe
from orchestrator.store import Database, Index, Need, table
from orchestrator.store.errors import NotApplied
from orchestrator.store.memory import MemoryDatabase
from orchestrator.store.postgres import PostgresDatabase
from orchestrator.store.sqlite import SqliteDatabase


@table(
    "things",
    key=("tenant", "id"),
    indexes={
        "by": ("tenant", "owner", "rank"),
        "one": Index(("tenant", "owner"), unique=True, where={"state": ("on", "it's")}),
        "urgent": Index(("tenant", "flag", "weight"), where={"rank": (1, 2)}),
    },
)
class Thing:
    tenant: str
    id: int
    owner: str
    rank: int
    state: str
    weight: float
    flag: bool
    blob: bytes
    note: str | None
    maybe: bool | None


@table("marks", key=("tenant", "name"))
class Mark:
    tenant: str
    name: str


TABLES = (Thing, Mark)
OPENERS: dict[str, Callable[[str, Path], Database]] = {
    "memory": lambda _, __: MemoryDatabase(TABLES),
    "sqlite": lambda _, folder: SqliteDatabase(folder / "things.db", TABLES),
    "postgres": lambda url, _: PostgresDatabase(url, TABLES),
}


@pytest.fixture(params=["memory", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def things(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    with closing(OPENERS[request.param](url, tmp_path)) as database:
        yield database


def thing(number: int, owner: str = "a", **more: Any) -> Thing:
    values = {"rank": 0, "state": "off", "weight": 0.1, "flag": False, "blob": b"", "note": None, "maybe": None, **more}
    return Thing("t", number, owner, **values)


def test_every_kind_of_value_comes_back_as_it_was(things: Database) -> None:
    odd = thing(
        2**62, 'Zoë "\\u0000" \\ \n', rank=-5, weight=1e-300, flag=True, blob=bytes(range(256)), note="", maybe=False
    )
    keep(things, odd, thing(2, maybe=True))
    for row in (things.look(lambda unit: unit.get(Thing, "t", 2**62)), things.begin(()).get(Thing, "t", 2**62)):
        assert row == odd
        assert (type(row.flag), type(row.maybe), type(row.weight)) == (bool, bool, float)
    things.rollback()


def keep(database: Database, *rows: Any) -> None:
    unit = database.begin(())
    for row in rows:
        unit.put(row)
    database.flush()
    database.commit()


def test_text_is_ordered_by_code_points(things: Database) -> None:
    names = ["Z", "a", "É", "é", "z", "𝄞", "ﬀ", "_", "-", "10", "9"]
    keep(things, *(Mark("t", name) for name in names))
    assert [mark.name for mark in things.look(lambda unit: unit.find(Mark, "key", "t"))] == sorted(names)


def test_another_tenants_rows_are_never_found(things: Database) -> None:
    keep(things, thing(1), replace(thing(1, "a"), tenant="u"), replace(thing(2, "a"), tenant="u"))
    unit = things.begin(())
    assert [thing.id for thing in unit.find(Thing, "by", "t", "a")] == [1]
    assert unit.get(Thing, "t", 2) is None
    assert unit.count(Thing, "key", "u") == 2
    things.rollback()


@pytest.mark.parametrize("seed", range(6))
def test_it_does_what_its_twin_in_memory_does(things: Database, seed: int) -> None:
    """Puts, deletes, finds, savepoints, commits and rollbacks at random, each answer compared."""
    rng = random.Random(seed)
    twin = MemoryDatabase()
    for _ in range(12):
        needs = [Need(Thing, "key", ("t", rng.randrange(8))), Need(Thing, "by", ("t", rng.choice("abc")))]
        units = (things.begin(needs), twin.begin(()))
        marks: list[tuple[int, int]] = []
        for _ in range(rng.randrange(30)):
            act(rng, units, marks)
        if rng.random() < 0.7:
            things.flush()
            committed, expected = things.commit(), twin.commit()
            assert {row_type: set(map(repr, rows)) for row_type, rows in committed.items()} == {
                row_type: set(map(repr, rows)) for row_type, rows in expected.items()
            }
        else:
            things.rollback()
            twin.rollback()
        assert things.look(lambda unit: unit.find(Thing, "key", "t")) == twin.look(
            lambda unit: unit.find(Thing, "key", "t")
        )


def act(rng: random.Random, units: Any, marks: list[tuple[int, int]]) -> None:
    """Do one thing with both units, and compare what they say."""
    action = rng.choice(("put", "put", "put", "delete", "get", "find", "find", "count", "mark", "undo"))
    number, owner = rng.randrange(8), rng.choice("abc")
    ours, twin = units
    if action == "put":
        state = "on" if not twin.find(Thing, "one", "t", owner) and rng.random() < 0.3 else "off"
        row = thing(number, owner, rank=rng.randrange(4), state=state, weight=rng.random(), flag=rng.random() < 0.5)
        before = twin.get(Thing, "t", number)
        if before is None or before.state == "off":  # what holds a unique place keeps it within this story
            ours.put(row), twin.put(row)
    elif action == "delete":
        ours.delete(thing(number)), twin.delete(thing(number))
    elif action == "get":
        assert ours.get(Thing, "t", number) == twin.get(Thing, "t", number)
    elif action == "mark":
        marks.append((ours.mark(), twin.mark()))
    elif action == "undo" and marks:
        mine, its = marks.pop()
        ours.undo(mine), twin.undo(its)
    else:
        index, values, after = rng.choice((
            ("key", ("t",), (number,)), ("by", ("t", owner), (rng.randrange(4),)), ("by", ("t",), (owner, 1)),
            ("one", ("t", owner), ()), ("urgent", ("t", True), (0.5,)), ("by", ("t", owner, 2), (number,)),
        ))  # fmt: skip
        if action == "count":
            assert ours.count(Thing, index, *values) == twin.count(Thing, index, *values)
            return
        how = {"after": rng.choice((after, ())), "limit": rng.choice((None, 1, 3)), "descending": rng.random() < 0.5}
        assert ours.find(Thing, index, *values, **how) == twin.find(Thing, index, *values, **how), (index, values, how)


def test_a_unique_place_may_change_hands_within_a_batch_or_fails_the_batch_only(things: Database) -> None:
    keep(things, thing(1, "a", state="on"))
    unit = things.begin(())
    unit.put(thing(1, "a", state="off"))
    unit.put(thing(2, "a", state="it's"))
    things.flush()
    things.commit()
    assert [thing.id for thing in things.look(lambda unit: unit.find(Thing, "one", "t", "a"))] == [2]
    unit = things.begin(())
    with pytest.raises((NotApplied, AssertionError)):  # noqa: PT012 - memory refuses the one, databases the other
        unit.put(thing(3, "a", state="on"))
        things.flush()
        things.commit()
    things.rollback()
    assert things.look(lambda unit: unit.get(Thing, "t", 3)) is None


def test_a_read_sees_one_instant(things: Database) -> None:
    if isinstance(things, MemoryDatabase):
        return  # it has no readers beside the writer
    keep(things, thing(1))

    def look(unit: Any) -> list[int]:
        before = unit.count(Thing, "key", "t")
        keep(things, thing(2))
        return [before, unit.count(Thing, "key", "t"), len(unit.find(Thing, "by", "t"))]

    assert things.look(look) == [1, 1, 1]


@pytest.mark.parametrize(
    ("declare", "sentence"),
    [
        (lambda: table("x", key=("id",))(type("X", (), {"__annotations__": {"id": str}})), "tenant"),
        (lambda: table("x", key=("tenant",))(type("X", (), {"__annotations__": {"tenant": str, "n": list}})), "X.n"),
        (
            lambda: table("x", key=("tenant",), indexes={"i": ("tenant", "n")})(
                type("X", (), {"__annotations__": {"tenant": str, "n": int | None}})
            ),
            "may be empty",
        ),
    ],
)
def test_a_row_that_no_store_could_keep_is_refused_where_it_is_declared(declare: Any, sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        declare()


def test_a_database_whose_table_has_other_columns_is_refused(tmp_path: Path) -> None:
    @table("things", key=("tenant", "id"))
    class Other:
        tenant: str
        id: int
        colour: str

    SqliteDatabase(tmp_path / "things.db", TABLES).close()
    with pytest.raises(CannotServe, match="table things has columns"):
        SqliteDatabase(tmp_path / "things.db", (Other,))
