"""Reports of workers: whoever reaches the master's port can send anything, and only workers of the run count."""

from typing import Any

import pytest

from loadtests.conductor.generator_report import worker_report

WORKERS = ["one", "two"]


def test_the_report_of_a_worker_of_the_run_counts() -> None:
    assert worker_report({"worker": "two", "lag": 0.25}, WORKERS) == {"worker": "two", "lag": 0.25}


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], "one", {}, {"worker": "one"}, {"lag": 0.0}, {"worker": ["one"], "lag": 0.0}),
        *({"worker": "three", "lag": 0.0}, {"worker": "one", "lag": "0"}, {"worker": "one", "lag": float("nan")}),
        {"worker": "one", "lag": float("inf")},
    ],
)
def test_whatever_else_comes_is_no_report(data: Any) -> None:
    assert worker_report(data, WORKERS) is None
