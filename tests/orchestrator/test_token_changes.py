"""Tokens that another process changes while the endpoint listens: it never lets anyone in who has none."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing

import pytest

from orchestrator import open_database
from orchestrator.http.guard import Guard
from orchestrator.service.tenants import add_token, remove_tokens, rotate_token
from tests.support.service_client import Client
from tests.support.service_process import Start

pytestmark = [pytest.mark.load, pytest.mark.attack]

FORGETS = Guard().memory + 0.5
"""Seconds after which the endpoint knows that a token is removed."""


def statuses(client: Client, tokens: Mapping[str, str], seconds: float) -> list[dict[str, int]]:
    """Ask with each token again and again; return the statuses of each round."""
    rounds = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        headers = {name: {"authorization": f"Bearer {token}"} if token else {} for name, token in tokens.items()}
        rounds.append({name: client.send("GET", "/v1/journeys", **sent).status for name, sent in headers.items()})
        time.sleep(0.01)
    return rounds


def test_tokens_that_are_rotated_and_removed_while_it_listens_let_nobody_else_in(
    start: Start, served_store: str
) -> None:
    with closing(open_database(served_store)) as database:
        old = add_token(database, "acme", time.time())
        client = start("--store", served_store).client()
        before = statuses(client, {"none": "", "wrong": "x" * 43, "old": old}, 0.2)
        new = rotate_token(database, "acme", time.time())
        rotating = statuses(client, {"none": "", "old": old}, FORGETS)
        rotated = statuses(client, {"none": "", "old": old, "new": new}, 0.2)
        remove_tokens(database, "acme", time.time())
        removing = statuses(client, {"none": ""}, FORGETS)
        removed = statuses(client, {"none": "", "old": old, "new": new}, 0.2)
    assert before[-1] == {"none": 401, "wrong": 401, "old": 200}
    assert rotated[-1] == {"none": 401, "old": 401, "new": 200}
    assert removed[-1] == {"none": 401, "old": 401, "new": 401}
    rounds = [*before, *rotating, *rotated, *removing, *removed]
    assert {status["none"] for status in rounds} == {401}, "not for an instant"
