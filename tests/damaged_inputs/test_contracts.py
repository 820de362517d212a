"""Damaged contracts, and secrets from the environment: what loads makes requests, all else is refused."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest

from loadtests.contract import (
    INPUTS,
    REFERENCE,
    Contract,
    MissingValueError,
    Verb,
    compile_calls,
    read_contract,
    reader,
)
from loadtests.contract.calls import Call
from sim.core.errors import InvalidInput
from sim.scenario.document import Document, read_yaml
from tests.support.damage import damaged_json, damaged_text, leaves, nasty_text
from tests.support.damaged_inputs import exit_code, try_inputs

pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200, method="thread")]

TEXT = REFERENCE.read_text(encoding="utf-8")
SECRETS = 'headers: {Authorization: "Bearer ${env:TOKEN}", X-Key: "${env:KEY}${env:TOKEN}"}\n' + TEXT
WORDS = ["$inputs.customer", "$steps.start.journey", "${env:TOKEN}", "{$inputs.run}", "$statusCode == 201", "&&", "a"]


def _read_json(file: Path, _: str) -> Document:
    """Read a contract without the YAML parser, which takes most of the time."""
    return Document(file, json.loads(file.read_text(encoding="utf-8")), {})


def _used(file: Path, environment: dict[str, str]) -> int:
    """Read a contract, and make and judge requests by it; return the exit code that a command would have."""
    try:
        contract = read_contract(file)
        calls = compile_calls(contract, "h", environment=environment)
    except InvalidInput as error:
        return exit_code(error)
    outputs = {f"{verb}.{name}": "x" for verb, offer in contract.verbs.items() for name in offer.outputs}
    for call in calls.values():
        try:
            request = call.request(dict.fromkeys(INPUTS, "x"), outputs)
        except MissingValueError:
            continue
        for body in (b"", b"[1, null]", b'{"id": {"a": [1e999]}}', b"\xff", b"[" * 100_000):
            call.classify(request.scope, 201, {}, body)
    return 0


def _heads(contract: Contract, calls: dict[Verb, Call]) -> dict[Verb, bytes]:
    """Return the head of a request of each verb."""
    outputs = {f"{verb}.{name}": "x" for verb, offer in contract.verbs.items() for name in offer.outputs}
    requests = {verb: call.request(dict.fromkeys(INPUTS, "x"), outputs) for verb, call in calls.items()}
    return {verb: request.content.partition(b"\r\n\r\n")[0] for verb, request in requests.items()}


def test_damage_gives_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(TEXT, encoding="utf-8")
    assert _used(file, {}) == 0
    plain: Any = read_yaml(file, "contract").data
    parts = [*leaves(plain), None, True, 0, -1, 1e308, 10**400, "", "\x00", "\r\n", "x" * 9999, [], {}, [[]], {"": 0}]

    def attempt(random: Random) -> int:
        structured = random.random() < 0.8
        monkeypatch.setattr(reader, "read_yaml", _read_json if structured else read_yaml)
        if structured:
            changed = damaged_json(random, plain, [*parts, nasty_text(random, WORDS)])
            file.write_text(json.dumps(changed), encoding="utf-8")
        else:
            file.write_bytes(damaged_text(random, TEXT))
        return _used(file, {})

    try_inputs("contract", attempt)


def test_secrets_of_the_environment(tmp_path: Path) -> None:
    """They are filled in or refused; whatever they hold, no header has a line break or a zero byte."""
    file = tmp_path / "mine.yaml"
    file.write_text(SECRETS, encoding="utf-8")
    contract = read_contract(file)
    names = ["TOKEN", "KEY"]
    plain = _heads(contract, compile_calls(contract, "h", environment=dict.fromkeys(names, "x")))

    def attempt(random: Random) -> int:
        secrets = {name: nasty_text(random, WORDS) for name in names if random.random() < 0.9}
        try:
            calls = compile_calls(contract, "h", environment=secrets)
        except InvalidInput as error:
            return exit_code(error, secrets.values())
        for verb, head in _heads(contract, calls).items():
            assert head.count(b"\r\n") == plain[verb].count(b"\r\n")
            assert b"\0" not in head
            assert f"Bearer {secrets['TOKEN']}".encode("latin-1") in head
        return 0

    try_inputs("secret", attempt)
