"""Every query uses its index and never scans a tenant's rows."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from orchestrator import open_database
from orchestrator.features import FEATURES
from orchestrator.store.sql import SQLITE, Selection, select
from orchestrator.store.sqlite import fetch
from orchestrator.store.unit import schema_of

FINDS = [
    (row_type, index) for feature in FEATURES for row_type in feature.tables for index in schema_of(row_type).indexes
]


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> sqlite3.Connection:
    path: Path = tmp_path_factory.mktemp("store") / "all.db"
    open_database(path).close()
    return sqlite3.connect(path)


@pytest.mark.parametrize(
    ("row_type", "index"), FINDS, ids=[f"{row_type.__name__}.{index}" for row_type, index in FINDS]
)
@pytest.mark.parametrize("limited", [False, True])
def test_a_find_walks_its_index_by_all_that_is_given(
    connection: sqlite3.Connection, row_type: type, index: str, limited: bool
) -> None:
    table = schema_of(row_type)
    count = len(table.indexes[index].columns)
    text = select(Selection(row_type, index, count, limited=limited), SQLITE)
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", (None,) * (count + limited))]
    name = "PRIMARY KEY" if index == "key" else f"INDEX {table.name}_{index}"
    wanted = " AND ".join(f"{column}=?" for column in table.indexes[index].columns)
    assert plan[0] == f"SEARCH {table.name} USING {name} ({wanted})"


@pytest.mark.parametrize(
    ("row_type", "index"), FINDS, ids=[f"{row_type.__name__}.{index}" for row_type, index in FINDS]
)
def test_what_a_batch_needs_is_found_by_its_index(connection: sqlite3.Connection, row_type: type, index: str) -> None:
    table = schema_of(row_type)
    named = table.indexes[index].columns
    text = fetch(row_type, index, len(named))
    if {column.type for column in table.columns if column.name in named} <= {str, int}:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {text}", ("[]",))]
        name = "PRIMARY KEY" if index == "key" else f"INDEX {table.name}_{index}"
        assert plan[1] == f"SEARCH t USING {name} ({' AND '.join(f'{column}=?' for column in named)})"
    else:
        assert not text
