"""A scenario that is written out is the same scenario when it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from sim.scenario import Scenario, read_scenario, scenario_hash, schema
from tests.support.minimal_scenario import MINIMAL, changed

OUTCOMES = ("resolved", "unresolved", "gave_up")
SECONDS = st.floats(0.0, 1e6) | st.integers(0, 10_000)
POSITIVE = st.floats(0.001, 1e5)
SHARES = st.floats(0.0, 0.5)


def law(name: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({"law": st.just(name), **fields}, optional={"zero": SHARES, "never": SHARES})


@st.composite
def tables(draw: st.DrawFn) -> dict[str, Any]:
    """Return an empirical law, its points in order."""
    times = sorted(draw(st.sets(POSITIVE, min_size=1, max_size=5)))
    shares = sorted(draw(st.lists(SHARES, min_size=len(times), max_size=len(times))), reverse=True)
    points = {0.0: 1.0} | dict(zip(times, shares, strict=True))
    return {"law": "empirical", "survival": points, "beyond": draw(st.none() | POSITIVE)}


LAWS = st.one_of(
    SECONDS,
    law("exponential", mean=SECONDS),
    law("fixed", value=SECONDS),
    law("lognormal", mean=POSITIVE, sd=POSITIVE),
    law("lognormal", mu=st.floats(-5, 10), sigma=POSITIVE),
    law("uniform", low=st.floats(0, 10), high=st.floats(10, 20)),
    tables(),
)
ROUTES = st.one_of(
    st.sampled_from(OUTCOMES),
    SHARES.map(lambda share: {"resolved": share, "gave_up": "rest"}),
    st.just({"resolved": "12.5 %", "unresolved": "12.5 %", "call": "rest"}),
)
CALLS = st.fixed_dictionaries(
    {"channel": st.sampled_from(["voice", "chat"]), "queue": st.just("calls"), "talk": LAWS, "next": ROUTES},
    optional={"patience": LAWS, "hold": LAWS, "wrap_up": LAWS, "if_abandoned": ROUTES, "if_closed": ROUTES},
)
OTHERS = st.fixed_dictionaries({"channel": st.sampled_from(["web", "pause"]), "time": LAWS, "next": ROUTES})
SCENARIOS = st.fixed_dictionaries(
    {
        "name": st.text(min_size=1, max_size=20),
        "run": st.fixed_dictionaries(
            {"hours": st.just("08:00-10:00"), "interval": st.just("1 h")}, optional={"drain": SECONDS}
        ),
        "agents": st.fixed_dictionaries(
            {
                "desk": st.fixed_dictionaries(
                    {
                        "serves": st.sampled_from([["calls"], {"calls": 2}]),
                        "staff": st.integers(0, 9) | st.lists(st.integers(0, 9), min_size=2, max_size=2),
                    },
                    optional={"at_once": st.integers(1, 50), "cost": POSITIVE},
                )
            }
        ),
        "intents": st.fixed_dictionaries(
            {
                "it": st.fixed_dictionaries(
                    {
                        "demand": POSITIVE | st.lists(POSITIVE, min_size=2, max_size=2),
                        "start": st.just({"call": "30 %", "other": "rest"}),
                        "steps": st.fixed_dictionaries({"call": CALLS, "other": OTHERS}),
                    }
                )
            }
        ),
    },
    optional={
        "queues": st.just({"calls": {"hours": "08:30-10:00", "agents": ["desk"]}}),
        "segments": st.just({"new": {"share": "20 %"}, "old": {"share": "80 %"}}),
        "routing": st.sampled_from(["priority", "longest_wait"]),
        "objectives": st.just({"simulation": [{"kpi": "service_level", "at_least": 0.8}], "load": {"p95": "250 ms"}}),
    },
)


@settings(deadline=None)
@given(SCENARIOS)
def test_every_scenario_survives_a_round_trip(data: dict[str, Any]) -> None:
    scenario = Scenario.model_validate(data)
    assert Scenario.model_validate(scenario.model_dump()) == scenario
    again = Scenario.model_validate(json.loads(scenario.model_dump_json()))
    assert again == scenario
    assert scenario_hash(again) == scenario_hash(scenario)


def test_a_scenario_written_as_yaml_loads_again(folder: Path) -> None:
    survival = "{law: empirical, survival: {0 s: 100 %, 20: 92.6 %, 2 min: 0}}"
    (folder / "bank.yaml").write_text(changed(("patience: 30 s", f"patience: {survival}")), encoding="utf-8")
    scenario = read_scenario("bank.yaml")
    assert scenario.intents["question"].steps["call"].patience.survival == pytest.approx(
        {0.0: 1.0, 20.0: 0.926, 120.0: 0.0}
    )
    with (folder / "again.yaml").open("w", encoding="utf-8") as again:
        YAML().dump(json.loads(scenario.model_dump_json()), again)
    assert read_scenario("again.yaml") == scenario


def test_what_a_number_can_depend_on_is_in_the_hash(folder: Path) -> None:
    (folder / "bank.yaml").write_text(MINIMAL, encoding="utf-8")
    same = scenario_hash(read_scenario("bank.yaml"))
    assert len(same) == 16
    changes = [
        "run.seed=+1",
        "agents.desk.staff=+1",
        "intents.question.steps.call.talk.value=+1",
        "effort.per_abandonment=2",
    ]
    assert len({same, *(scenario_hash(read_scenario("bank.yaml", [change])) for change in changes)}) == 1 + len(changes)
    assert scenario_hash(read_scenario("bank.yaml", ["about=words", "objectives.load.lost=3"])) == same


def test_the_order_of_groups_is_in_the_hash_for_it_is_that_of_choice(folder: Path) -> None:
    groups = ["  first: {serves: [calls], staff: 1}\n", "  second: {serves: [calls], staff: 1}\n"]
    desk = "  desk: {serves: [calls], staff: 2}\n"
    hashes = set()
    for order in (groups, groups[::-1]):
        (folder / "bank.yaml").write_text(changed((desk, "".join(order))), encoding="utf-8")
        hashes.add(scenario_hash(read_scenario("bank.yaml")))
    assert len(hashes) == 2


@pytest.mark.parametrize("name", ["Scenario", "Run", "Assisted", "Exponential", "Empirical"])
def test_the_schema_has_every_key(name: str) -> None:
    published = schema()
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    described = published if name == "Scenario" else published["$defs"][name]
    assert described["additionalProperties"] is False
    assert json.loads(json.dumps(published)) == published
