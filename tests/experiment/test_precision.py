"""Precision: replications end when intervals are narrow enough, and the intervals keep their confidence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sojourn
from sim.core.errors import InvalidInput
from sim.engine import make_plan
from sim.experiment.columns import ArrayColumns
from sim.experiment.estimate import compare, estimate
from sim.experiment.precision import AT_LEAST, checks, half_of_difference, half_of_value, read_precision
from sim.experiment.replicate import replicate
from sim.kpis import Row
from sim.scenario import read_scenario
from tests.support.minimal_scenario import changed
from tests.support.shipped_days import SCENARIOS

BANK = SCENARIOS / "retail_bank"
INDEX = (Row("service_level", "all", "", None),)
REPETITIONS = 4_000
MOST = 250

# A day: a Poisson number of contacts around 60, of which each is answered in time with probability .8, whatever the
# day. So the expected ratio of sums is .8. The variant answers some of the others, too: .04 of all on average.


def contacts_of(random: np.random.Generator, repetitions: int, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return contacts, and those answered in time in the baseline and in the variant, [repetitions, days]."""
    contacts = random.poisson(60, (repetitions, days)).astype(np.float64)
    good = random.binomial(contacts.astype(np.int64), 0.8).astype(np.float64)
    return contacts, good, good + random.binomial((contacts - good).astype(np.int64), 0.2)


def share_that_covers(lows: np.ndarray, highs: np.ndarray, value: float) -> float:
    return float(((lows <= value) & (value <= highs)).mean())


def test_intervals_cover_the_known_value() -> None:
    contacts, good, better = contacts_of(np.random.default_rng(1), REPETITIONS, 20)
    rows = tuple(Row("service_level", "queue", str(number), None) for number in range(REPETITIONS))
    estimates = estimate(rows, np.ascontiguousarray(good.T), np.ascontiguousarray(contacts.T))
    assert 0.93 < share_that_covers(estimates.low, estimates.high, 0.8) < 0.97
    both = compare(rows, (good.T.copy(), contacts.T.copy()), (better.T.copy(), contacts.T.copy()))
    assert 0.93 < share_that_covers(both.low, both.high, 0.04) < 0.97


@pytest.mark.parametrize("half", [0.025, 0.018, 0.012, 0.008])
def test_intervals_cover_the_known_value_after_a_stop_too(half: float) -> None:
    contacts, good, better = contacts_of(np.random.default_rng(2), REPETITIONS // 4, MOST)
    covered, covered_difference, ends = [], [], []
    for den, num, more in zip(contacts[..., None], good[..., None], better[..., None], strict=True):
        for number in checks(MOST):
            source = ArrayColumns(num[:number], den[:number])
            width, value = half_of_value(source, 0)
            if width <= half:
                break
        ends.append(number)
        covered.append(abs(value - 0.8) <= width)
        for number in checks(MOST):
            sources = [(ArrayColumns(each[:number], den[:number]), 0) for each in (num, more)]
            width, _ = half_of_difference(sources[0], sources[1:])
            if width <= half / 3:
                break
        difference = more[:number].sum() / den[:number].sum() - num[:number].sum() / den[:number].sum()
        covered_difference.append(abs(difference - 0.04) <= width)
    assert np.mean(ends) < MOST
    assert half > 0.015 or np.mean(ends) > AT_LEAST  # it goes on
    assert 0.93 < np.mean(covered) < 0.97
    assert 0.93 < np.mean(covered_difference) < 0.97


def test_a_against_a_is_significant_in_five_per_cent_of_comparisons() -> None:
    contacts, good, _ = contacts_of(np.random.default_rng(3), 2 * REPETITIONS, 20)
    rows = tuple(Row("service_level", "queue", str(number), None) for number in range(REPETITIONS))
    pairs = [(good[begin::2].T.copy(), contacts[begin::2].T.copy()) for begin in (0, 1)]
    shares = (compare(rows, *pairs, families=[row.key for row in rows]).significant).mean()
    assert 0.04 < shares < 0.06


def test_a_family_of_ten_variants_has_a_false_alarm_in_five_per_cent() -> None:
    """Eleven systems that are the same: any significant difference is a false alarm."""
    from sim.experiment.estimate import holm

    contacts, good, _ = contacts_of(np.random.default_rng(4), 11 * REPETITIONS, 20)
    rows = tuple(Row("service_level", "queue", str(number), None) for number in range(REPETITIONS))
    columns = [(good[begin::11].T.copy(), contacts[begin::11].T.copy()) for begin in range(11)]
    p = np.stack([compare(rows, columns[0], each).p for each in columns[1:]])
    alarms = [holm(each, [""] * 10).min() <= 0.05 for each in p.T]
    assert 0.03 < np.mean(alarms) < 0.06


def test_the_numbers_of_replications_at_which_it_looks() -> None:
    assert checks(100) == [20, 30, 45, 68, 100]
    assert checks(10) == [10]


def test_what_people_write() -> None:
    plan = make_plan(read_scenario(BANK))
    texts = [
        "voice.service_level: 1 %, cost: 2 % of value",
        "voice.asa: 1.5 min",
        "segment.everyone.asa: 2",
        "fcr: 2pp",
    ]
    read = read_precision(plan, texts)
    assert [(each.row.kpi, each.row.key, each.half, each.of_value) for each in read] == [
        ("service_level", "voice", 0.01, False),
        ("cost", "", 0.02, True),
        ("asa", "voice", 90.0, False),
        ("asa", "everyone", 2.0, False),
        ("fcr", "", 0.02, False),
    ]


def test_everything_that_is_wrong_is_said_at_once() -> None:
    plan = make_plan(read_scenario(BANK))
    with pytest.raises(InvalidInput) as error:
        read_precision(plan, ["voice.asa: 5 %", "servce_level: 1 %", "cost", "fcr: 0 %", "asa: 1e999 s", "asa: ٣ s"])
    text = str(error.value)
    assert '"%" is no unit of asa; write "5 s" or "5 min" or "5 h", or "5 % of value"' in text
    assert '"servce_level" is not a KPI' in text
    assert '"cost": is not a KPI and a size' in text
    assert '"fcr: 0 %": 0 does not lie between 0 and 1e+12; give half the width' in text
    assert '"asa: 1e999 s": 1e999 does not lie between' in text
    assert '"asa: ٣ s": is not a KPI and a size' in text


def small_day(folder: Path) -> Path:
    (folder / "small.yaml").write_text(changed(), encoding="utf-8")
    return folder / "small.yaml"


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_ends_where_its_interval_is_narrow_whatever_the_processes(tmp_path: Path, processes: int) -> None:
    plan = make_plan(read_scenario(small_day(tmp_path)))
    (narrow,) = read_precision(plan, "offered: 6 % of value")
    done = replicate(plan, seed=1, replications=500, precision=[narrow], processes=processes)
    assert len(done) == done.wanted
    assert len(done) in checks(500)[:-1]
    fewer = checks(500)[checks(500).index(len(done)) - 1]
    assert done.reached[0].is_narrow
    assert len(done) == AT_LEAST or not narrow.allows(*half_of_value(done.columns.first(fewer), 0))
    row = done.estimates.row("offered")
    assert (row.high - row.low) / 2 <= 0.06 * row.value


def test_a_run_that_does_not_reach_it_says_so(tmp_path: Path) -> None:
    result = sojourn.run(
        small_day(tmp_path), precision=["offered: 0.01 % of value"], at_most=25, report=False, out=tmp_path / "run"
    )
    assert len(result.replications) == 25
    assert not result.interrupted
    assert result.manifest["precision"]["reached"] is False
    assert result.manifest["precision"]["sentence"].startswith("Precision not reached after 25 replications: Offered")


def test_a_comparison_ends_where_its_differences_are_known(tmp_path: Path) -> None:
    result = sojourn.compare_scenarios(
        [BANK],
        changed=["agents.phone.staff=+1", "agents.phone.staff=+2"],
        kpi="voice.service_level",
        kpis=["service_level"],
        by=["queue"],
        precision=["voice.service_level: 3 pp"],
        processes=1,
        out=tmp_path / "compare",
    )
    differences = result.comparison.differences
    at = result.comparison.at(result.judged)
    assert result.comparison.replications in checks(1000)
    assert result.manifest["precision"]["reached"] is True
    assert max((variant.high[at] - variant.low[at]) / 2 for variant in differences) <= 0.03
    assert result.notes[0].startswith("Precision reached after ")


def test_numbers_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    small = small_day(tmp_path)
    with pytest.raises(InvalidInput, match="--replications: says another number than --precision"):
        sojourn.run(small, precision=["offered: 1"], replications=5)
    with pytest.raises(InvalidInput, match="--at-most: goes with --precision only"):
        sojourn.run(small, at_most=5)
