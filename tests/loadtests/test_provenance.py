"""Provenance of loads: the hashes of trace and contract, which two loads that are compared share."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loadtests.contract import REFERENCE
from loadtests.run.provenance import load_provenance
from loadtests.trace.sources import trace_of_scenario
from sim.core.errors import InvalidInput
from sim.scenario import read_scenario
from tests.support.minimal_scenario import MINIMAL


def test_the_hashes_are_those_of_the_trace_and_the_contract(tmp_path: Path) -> None:
    file = tmp_path / "desk.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    scenario = read_scenario(file)
    trace = trace_of_scenario(scenario, 1)
    first = load_provenance(trace, REFERENCE)
    assert load_provenance(trace_of_scenario(scenario, 1), REFERENCE) == first
    for other in (trace_of_scenario(scenario, 2), replace(trace, due=trace.due + 1.0), replace(trace, steps=("x",))):
        assert load_provenance(other, REFERENCE)["trace_hash"] != first["trace_hash"]
    contract = tmp_path / "contract.yaml"
    contract.write_text(REFERENCE.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    changed = load_provenance(trace, contract)
    assert {name for name in first if first[name] != changed[name]} == {"contract_hash"}
    contract.write_text("contract: 1\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="verbs: is missing"):
        load_provenance(trace, contract)
