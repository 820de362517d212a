"""The benchmark of rules that call a build slower."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.gate_rules import RULES, SETTINGS, compare_rules, page, simulate

PAGE = Path(__file__).parents[2] / "benchmarks" / "GATE.md"


@pytest.mark.slow
def test_a_duel_has_the_fewest_false_alarms_and_finds_the_slowdowns() -> None:
    """Of 15 comparisons each, with a fixed seed; the page has those of 400."""
    shares = {name: row for name, _, row in compare_rules(15, seed=2)}
    assert shares.keys() == RULES.keys()
    false_alarms, *slowdowns = shares["`sojourn duel`"]
    assert false_alarms <= min(row[0] for row in shares.values())
    assert min(slowdowns) >= 0.8
    assert max(row[0] for row in shares.values()) > 0.05


def test_the_page_is_of_these_rules_and_settings() -> None:
    shown, fresh = (
        [line.split("|")[1:3] for line in text.splitlines() if line.startswith("| ")]
        for text in (PAGE.read_text("utf-8"), page(1))
    )
    assert shown == fresh
    assert len(shown) == 1 + len(RULES)


def test_the_runs_are_slower_by_what_the_setting_says() -> None:
    runs = simulate(np.random.default_rng(1), **SETTINGS["all requests +10 %"])
    ratios = np.median(runs.b, axis=1) / np.median(runs.a, axis=1)
    assert np.exp(np.log(ratios).mean()) == pytest.approx(1.1, abs=0.06)
