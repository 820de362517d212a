"""Formulas against published exact results, to about their last digit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from sim.theory import Markovian, SteadyState, erlang_a, erlang_c, mmsg, mmsn, offered_load, required_agents

if TYPE_CHECKING:
    from pathlib import Path

    from sim.theory import GeneralPatience

REL = 1e-13


@pytest.fixture(scope="module")
def cases(shared: Path) -> dict[str, Any]:
    """Return the exact cases by their names."""
    text = (shared / "truth" / "exact_cases.json").read_text(encoding="utf-8")
    return {case["id"]: case for case in json.loads(text)["cases"]}


def _agrees(expected: dict[str, float], **measures: float) -> None:
    """Compare every expected measure, and none that is not expected."""
    assert measures == pytest.approx(expected, rel=REL, abs=0.0)


def _impatient(queue: Markovian | GeneralPatience, within: float) -> dict[str, float]:
    """Return the measures of a queue with abandonment, by the names that the cases give them."""
    level = queue.service_level(within)
    return {
        "P_wait": queue.p_wait,
        "P_ab": queue.p_abandon,
        "E_W": queue.mean_wait,
        "E_Q": queue.queue_length,
        "E_V": queue.mean_offered_wait,
        "occupancy": queue.occupancy,
        "SL_served_offered": level.of_offered,
        "SL_given_served": level.of_answered,
        "E_W_given_served": queue.mean_wait_answered,
    }


def test_erlang_c(cases: dict[str, Any]) -> None:
    params = cases["EC1"]["params"]
    queue = erlang_c(
        arrival_rate=params["arrival_rate"], service_mean=params["service_mean"], servers=params["servers"]
    )
    _agrees(
        cases["EC1"]["expected"],
        P_wait=queue.p_wait,
        E_W=queue.mean_wait,
        E_Q=queue.queue_length,
        occupancy=queue.occupancy,
        SL=queue.service_level(params["SL_threshold_T"]).of_offered,
        var_W=queue.var_wait,
        W_p90=queue.wait_quantile(0.9),
    )


@pytest.mark.parametrize("name", ["EA1", "EA2"])
def test_erlang_a(cases: dict[str, Any], name: str) -> None:
    params = cases[name]["params"]
    queue = erlang_a(
        arrival_rate=params["arrival_rate"],
        service_mean=params["service_mean"],
        patience_mean=params["patience_mean"],
        servers=params["servers"],
    )
    _agrees(cases[name]["expected"], **_impatient(queue, params["SL_threshold_T"]))


@pytest.mark.parametrize("name", ["EA1", "EA2"])
def test_erlang_a_by_the_integrals(cases: dict[str, Any], name: str) -> None:
    params = cases[name]["params"]
    queue = mmsg(
        arrival_rate=params["arrival_rate"],
        service_mean=params["service_mean"],
        servers=params["servers"],
        survival=lambda time: np.exp(-time / params["patience_mean"]),
    )
    _agrees(cases[name]["expected"], **_impatient(queue, params["SL_threshold_T"]))


def test_patience_with_an_atom_at_zero(cases: dict[str, Any]) -> None:
    params = cases["MG6a"]["params"]
    assert params["patience"] == {"dist": "mixture", "prob_zero": 0.1, "else_": "exponential mean 2"}
    queue = mmsg(
        arrival_rate=params["arrival_rate"],
        service_mean=params["service_mean"],
        servers=params["servers"],
        survival=lambda time: 0.9 * np.exp(-time / 2.0),
    )
    _agrees(cases["MG6a"]["expected"], **_impatient(queue, params["SL_threshold_T"]))


def test_infinite_servers_with_a_rate_that_changes(cases: dict[str, Any]) -> None:
    expected = {float(name[2:-1]): value for name, value in cases["TV4"]["expected"].items()}
    assert cases["TV4"]["params"]["arrival_rate"] == "4/min on [0,30), 10/min on [30,60), 0 after"
    mean = cases["TV4"]["params"]["service"]["mean"]
    load = offered_load(
        np.array(list(expected)),
        edges=np.array([0.0, 30.0, 60.0]),
        rates=np.array([4.0, 10.0]),
        survival=lambda time: np.exp(-time / mean),
    )
    assert load == pytest.approx(list(expected.values()), rel=REL, abs=0.0)


def test_closed_loop(cases: dict[str, Any]) -> None:
    params = cases["CL1"]["params"]
    loop = mmsn(
        users=params["users"],
        think_mean=params["think_mean"],
        service_mean=params["service_mean"],
        servers=params["servers"],
    )
    _agrees(
        cases["CL1"]["expected"],
        throughput_X=loop.throughput,
        E_response_R=loop.mean_response,
        E_in_system=loop.in_system,
        utilisation=loop.occupancy,
        check_interactive_law_N_minus_XZ=loop.users - loop.throughput * loop.think_mean,
    )


# Published examples, which need no shared folder. 100 calls in 30 min, handling 3 min, threshold 20 s.
CALLS = {"arrival_rate": 100 / 30, "service_mean": 3.0}
WITHIN = 1 / 3


def test_the_erlang_c_example_of_an_r_package() -> None:
    """ErlangC 0.1.0 on CRAN, README; its 7.835937 s, and the same by the README of pyworkforce 0.1.0 on PyPI."""
    queue = erlang_c(**CALLS, servers=14)
    assert queue.p_wait == pytest.approx(0.1741319335950498, rel=REL)
    assert queue.service_level(WITHIN).of_offered == pytest.approx(0.8883500191794669, rel=REL)
    assert queue.mean_wait_answered * 60 == pytest.approx(7.83593701177724, rel=REL)
    assert required_agents(**CALLS, within=WITHIN, target=0.8) == 14


def test_the_erlang_a_example_of_a_python_package() -> None:
    """The guide of pyworkforce to Erlang A prints three digits; its speed of answer is the wait of all."""
    queue: SteadyState = erlang_a(**CALLS, patience_mean=5.0, servers=13)
    level = queue.service_level(WITHIN).of_offered
    measures = [level, queue.occupancy, queue.p_abandon, queue.p_wait, queue.mean_wait]
    assert measures == pytest.approx([0.858, 0.750, 0.025, 0.226, 0.125], abs=5e-4)
