"""The same seed gives the same log in another process, in any order and on any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sim.engine import Log, make_plan
from sim.engine.plan import Result
from sim.engine.reference import run
from sim.population import draw_population
from sim.scenario import read_scenario
from tests.support.log_digest import digest

SMALL = """
name: a small day with every law and kind of step
run: {hours: "08:00-10:00", interval: 30 min, drain: 1 day, days: 2}
segments: {private: {share: 80 %}, business: {share: 20 %}}
queues:
  calls: {hours: "08:00-09:30"}
agents:
  desk: {serves: {calls: 0, chats: 0}, staff: [2, 3, 2, 1]}
  chatters: {serves: [chats], staff: 1}
  back: {serves: [mails], staff: 1}
intents:
  card:
    demand: [20, 30, 25, 15]
    start: {menu: 70 %, app: 30 %}
    steps:
      menu: {channel: ivr, time: {law: uniform, low: 20 s, high: 60 s}, next: {desk: rest, resolved: 20 %}}
      app: {channel: app, time: {law: exponential, mean: 3 min}, next: {resolved: 60 %, chat: rest}}
      desk:
        channel: voice
        queue: calls
        talk: {law: lognormal, mean: 4 min, sd: 3 min}
        hold: {law: exponential, mean: 30 s, zero: 70 %}
        wrap_up: 20 s
        patience: {law: empirical, survival: {0 s: 1, 20 s: 93 %, 2 min: 60 %}, beyond: 6 min, zero: 2 %}
        next: {resolved: 80 %, later: rest}
        if_abandoned: {later: 50 %, gave_up: rest}
        if_closed: later
      chat:
        channel: chat
        queue: chats
        talk: {law: lognormal, mu: 5.5, sigma: 0.6}
        patience: {law: exponential, mean: 2 min, never: 10 %}
        next: {resolved: 70 %, mail: rest}
        if_abandoned: desk
      mail: {channel: email, queue: mails, talk: 5 min, next: {resolved: 90 %, unresolved: rest}}
      later: {channel: pause, resume_at: "08:15", time: {law: exponential, mean: 9 min}, next: {desk: 50 %, chat: rest}}
"""
DIGEST = """
import sys
from tests.engine.test_repeatability import simulate
from tests.support.log_digest import digest
log = simulate(sys.argv[1], 7, 3)
print(digest(log), digest(log.presence))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of the small day."""
    file = tmp_path_factory.mktemp("small") / "scenario.yaml"
    file.write_text(SMALL, encoding="utf-8")
    return file


def simulate(file: Path | str, seed: int, replication: int) -> Log:
    plan = make_plan(read_scenario(file))
    return run(plan, draw_population(plan.demand(), seed, replication))


def test_the_log_is_the_same_on_every_machine(file: Path) -> None:
    """Change the digest only with a change that is meant to change every result, and say so in the changelog."""
    log = simulate(file, 7, 0)
    assert len(log) == 416
    assert digest(log) == "339e3cdf62de3795"
    assert len(log.presence) == 15
    assert digest(log.presence) == "e3777a7417953f17"


def test_every_kind_of_result_is_in_the_digest(file: Path) -> None:
    log = simulate(file, 7, 0)
    assert set(log.result.tolist()) >= {Result.PASSED, Result.HANDLED, Result.ABANDONED, Result.CLOSED}
    assert set(log.step.tolist()) == set(range(6))


@pytest.mark.slow
def test_another_process_gives_the_same_log(file: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.fspath(Path(__file__).parents[2]), "PYTHONHASHSEED": "5"}
    done = subprocess.run(
        [sys.executable, "-c", DIGEST, file], env=environment, check=True, capture_output=True, text=True
    )
    log = simulate(file, 7, 3)
    assert done.stdout.split() == [digest(log), digest(log.presence)]


def test_what_ran_before_does_not_matter(file: Path) -> None:
    alone = simulate(file, 7, 1)
    simulate(file, 8, 0)
    assert alone.same_as(simulate(file, 7, 1))


def test_other_seeds_and_replications_are_other_days(file: Path) -> None:
    assert len({digest(simulate(file, seed, replication)) for seed in (7, 8) for replication in (0, 1)}) == 4


def test_a_step_more_in_the_file_changes_nobodys_draws(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "scenario.yaml"
    added = "    steps:\n      unused: {channel: web, time: 1 s, next: menu}\n"
    other.write_text(
        SMALL.replace("    steps:\n", added).replace("{menu: 70 %,", "{menu: 70 %, unused: 0 %,"), encoding="utf-8"
    )
    first, second = simulate(file, 7, 0), simulate(other, 7, 0)
    assert (second.step - 1).tolist() == first.step.tolist()
    assert second.ended.tobytes() == first.ended.tobytes()
