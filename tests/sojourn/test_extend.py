"""Laws, policies, steps and KPIs of the user's own: the examples of docs/extend.md, and what may go wrong with them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import sojourn
from sim.core.errors import OwnCodeFailed
from sim.experiment.replicate import choose_engine, replicate, simulate_once
from sim.scenario import scenario_hash
from tests.support.command_line import sojourn as command
from tests.support.documentation import ROOT, write_files
from tests.support.minimal_scenario import MINIMAL, changed

PAGE = ROOT / "docs" / "extend.md"
USUAL = '''
from sojourn.extend import step

@step
def contact(visit):
    """Do what a contact usually does."""
    return (yield visit.reach_agent()) or (yield visit.serve())

@step
def screen(visit):
    """Do what self-service usually does."""
    yield visit.wait(visit.draw("time"))
'''


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Return a folder with the files of the page; what they load is forgotten afterwards."""
    write_files(PAGE, tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(tmp_path)):
            del sys.modules[name]


def write(folder: Path, module: str, *changes: tuple[str, str]) -> Path:
    """Write a module `own`, and a small scenario with changes; return the scenario's file."""
    (folder / "own.py").write_text(module, encoding="utf-8")
    file = folder / "scenario.yaml"
    file.write_text(changed(*changes), encoding="utf-8")
    return file


def refusal(file: Path, *overrides: str, allow_code: bool = True) -> str:
    """Return the text of a refusal."""
    with pytest.raises(sojourn.InvalidInput) as refused:
        sojourn.read_scenario(file, overrides, allow_code=allow_code)
    return str(refused.value)


def failure(file: Path) -> str:
    """Return the text of a failure while a scenario is simulated."""
    plan = sojourn.make_plan(sojourn.read_scenario(file, allow_code=True))
    with pytest.raises(OwnCodeFailed) as failed:
        simulate_once(plan, 1, 0)
    return str(failed.value)


def test_a_scenario_runs_no_code_by_itself(folder: Path) -> None:
    (folder / "branch.py").write_text("raise SystemExit('it was run')", encoding="utf-8")
    for refused in (
        lambda: sojourn.read_scenario(folder / "branch.yaml"),
        lambda: sojourn.run(folder / "branch.yaml", out=folder / "result"),
        lambda: sojourn.whatif(folder / "branch.yaml", ["run.seed=2"], out=folder / "result"),
        lambda: sojourn.load_test(folder / "branch.yaml", host="http://127.0.0.1:1", out=folder / "result"),
    ):
        with pytest.raises(sojourn.InvalidInput, match="runs no code by itself") as error:
            refused()
        assert {problem.code for problem in error.value.problems} == {"code-not-allowed"}
        assert len(error.value.problems) == 5
    validation = sojourn.validate(folder / "branch.yaml")
    assert validation.plan is None
    assert "branch" not in sys.modules
    assert not (folder / "result").exists()


def test_permission_for_one_scenario_is_none_for_the_next(folder: Path) -> None:
    sojourn.read_scenario(folder / "branch.yaml", allow_code=True)
    assert "runs no code by itself" in refusal(folder / "branch.yaml", allow_code=False)


def test_overrides_need_permission_too(folder: Path) -> None:
    file = write(folder, "from sojourn.extend import Policy\npolicy = Policy(about='-')")
    assert "--allow-code" in refusal(file, "routing=own.policy", allow_code=False)
    assert sojourn.read_scenario(file, ["routing=own.policy"], allow_code=True).routing == "own.policy"


def test_the_bot_succeeds_as_the_hour_has_it(folder: Path) -> None:
    plan = sojourn.make_plan(sojourn.read_scenario(folder / "branch.yaml", allow_code=True))
    population, log = simulate_once(plan, seed=1, replication=0)
    bot = log.step == plan.steps.index("question.bot")
    for late, share in ((False, 0.8), (True, 0.5)):
        rows = bot & ((log.ended >= 8 * 3600.0) == late)
        count, resolved = int(rows.sum()), int((log.next[rows] == -1).sum())
        # Five standard deviations: a false alarm in 1.7 million seeds, and the seed is fixed.
        assert abs(resolved - share * count) < 5 * np.sqrt(count * share * (1 - share))
    assert len(population) == int(bot.sum())


def test_the_agent_asks_who_is_idle_and_looks_up_the_rest(folder: Path) -> None:
    plan = sojourn.make_plan(sojourn.read_scenario(folder / "branch.yaml", allow_code=True))
    _, log = simulate_once(plan, seed=1, replication=0)
    expert = plan.steps.index("question.expert")
    asked = np.flatnonzero(log.next == expert)
    held = log.hold > 0.0
    assert len(asked) > 10
    assert held.sum() > 5
    assert np.allclose(log.hold[held], 120.0)
    for row in asked:
        then = np.flatnonzero((log.customer == log.customer[row]) & (log.visit == log.visit[row] + 1))
        assert log.began[then] == log.started[then] == log.ended[row]  # nobody waits for an expert
        assert log.stayed[row] == pytest.approx(180.0)
    talking = log.step == expert
    for row in np.flatnonzero(held):  # the expert was busy at the instant at which the agent wanted to ask
        instant = log.ended[row] - 120.0  # the expert's duty ends at noon
        assert (
            instant >= 12 * 3600.0 or (talking & (log.started <= instant + 1e-6) & (instant - 1e-6 < log.freed)).any()
        )


def test_results_do_not_depend_on_processes_or_the_order_of_replications(folder: Path) -> None:
    plan = sojourn.make_plan(sojourn.read_scenario(folder / "branch.yaml", allow_code=True))
    alone = replicate(plan, seed=1, replications=4, processes=1)
    several = replicate(plan, seed=1, replications=4, processes=2)
    assert np.array_equal(alone.num, several.num)
    assert np.array_equal(alone.den, several.den)


def test_a_changed_process_leaves_everybody_else_as_they_were(folder: Path) -> None:
    logs = []
    for after in ("50%", "80%"):
        changes = [f"intents.question.steps.bot.process.after={after}"]
        plan = sojourn.make_plan(sojourn.read_scenario(folder / "branch.yaml", changes, allow_code=True))
        logs.append(simulate_once(plan, seed=1, replication=0)[1])
    # Whoever the bot satisfied with 50 % is satisfied with 80 %: the same random numbers, compared with other shares.
    fewer, more = (set(log.customer[(log.step == 0) & (log.next == -1)].tolist()) for log in logs)
    assert fewer < more


@pytest.mark.parametrize("name", ["retail_bank", "omnichannel_telco"])
def test_the_usual_story_as_a_process_gives_the_usual_log(folder: Path, name: str) -> None:
    (folder / "usual_story.py").write_text(USUAL, encoding="utf-8")
    scenario = sojourn.read_scenario(ROOT / "scenarios" / name, ["run.days=1", "demand.volume=*0.2"])
    data = scenario.model_dump(mode="json")
    assert scenario.orchestration.error_rate == 0.0
    processes = 0
    for intent in data["intents"].values():
        for step in intent["steps"].values():
            if "process" in step:
                step["process"] = "usual_story.contact" if "queue" in step else "usual_story.screen"
                processes += 1
    (folder / "usual.yaml").write_text(json.dumps(data), encoding="utf-8")
    plan = sojourn.make_plan(sojourn.read_scenario(folder / "usual.yaml", allow_code=True))
    assert len(plan.processes) == processes > 5
    assert simulate_once(plan, 1, 0)[1].same_as(simulate_once(sojourn.make_plan(scenario), 1, 0, "simpy")[1])


COMPILED = """
import numba
from sojourn.extend import Duration, Policy, law

@law
@numba.njit
def burr(u: float, scale: Duration, c: float, k: float) -> float:
    return scale * ((1.0 - u) ** (-1.0 / k) - 1.0) ** (1.0 / c)

@numba.njit
def old_first(contact):
    return -contact.waited if contact.waited > 60.0 else contact.rank

policy = Policy(about="-", contact_score=old_first)
"""
BURR = ("talk: 60 s", "talk: {law: own.burr, scale: 5 min, c: 2.5, k: 1.8, at_most: 1 h, zero: 2 %}")


def test_compiled_code_runs_on_both_engines_and_gives_the_same_log(folder: Path) -> None:
    policies = "name: one desk\nrouting: own.policy\nqueues: {calls: {routing: own.policy}}"
    file = write(folder, COMPILED, BURR, ("name: one desk", policies))
    plan = sojourn.make_plan(sojourn.read_scenario(file, ["intents.question.demand=40"], allow_code=True))
    assert choose_engine(plan, "auto") == ("compiled", "")
    _, compiled = simulate_once(plan, 1, 0)
    _, reference = simulate_once(plan, 1, 0, "simpy")
    assert len(compiled) > 50
    assert compiled.same_as(reference)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (BURR, 'the law "own.burr" is plain Python'),
        (("name: one desk", "name: one desk\nrouting: own.policy"), 'the routing policy "own.policy" is plain Python'),
    ],
)
def test_plain_python_takes_the_simpy_engine_and_says_so(folder: Path, change: tuple[str, str], reason: str) -> None:
    file = write(folder, COMPILED.replace("@numba.njit\n", ""), change)
    plan = sojourn.make_plan(sojourn.read_scenario(file, allow_code=True))
    engine, why = choose_engine(plan, "auto")
    assert (engine, why.startswith(reason)) == ("simpy", True)
    with pytest.raises(sojourn.InvalidInput, match="plain Python"):
        simulate_once(plan, 1, 0, "compiled")


def test_the_mean_of_a_law_is_integrated_or_given(folder: Path) -> None:
    module = "from sojourn.extend import Duration, law\n"
    module += "@law\ndef wide(u: float, high: Duration) -> float:\n    return high * u\n"
    module += "@law(mean=lambda high: 7.0)\ndef told(u: float, high: Duration) -> float:\n    return high * u\n"
    file = write(folder, module, ("talk: 60 s", "talk: {law: own.wide, high: 60 s}"))
    for name, mean in (("wide", 30.0), ("told", 7.0)):
        scenario = sojourn.read_scenario(file, [f"intents.question.steps.call.talk.law=own.{name}"], allow_code=True)
        assert scenario.intents["question"].steps["call"].talk.mean_value() == pytest.approx(mean)  # type: ignore[union-attr]


KPI = """
import numpy as np
from sojourn.extend import kpi

@kpi(title="Waits over 10 s", unit="share", definition="Contacts that waited for over 10 s / answered contacts.")
def slow(log, plan):
    return log.started - log.began > 10.0, ~np.isnan(log.started)

@kpi(title="Wait", unit="s", definition="Seconds / answered contacts.", by=["queue"])
def wait(log, plan):
    return log.started - log.began, ~np.isnan(log.started)
"""
KPIS = ("name: one desk", "name: one desk\nkpis: [own.slow, own.wait]")


def test_a_kpi_is_the_ratio_of_sums_over_the_log(folder: Path) -> None:
    file = write(folder, KPI, KPIS, ("demand: 10", "demand: 90"))
    plan = sojourn.make_plan(sojourn.read_scenario(file, ["run.warm_up=1 h"], allow_code=True))
    population, log = simulate_once(plan, 1, 0)
    measures = sojourn.measure(plan, population, log)
    counts = (log.began >= plan.origin + 3600.0) & (log.began < plan.origin + 7200.0) & ~np.isnan(log.started)
    waits = (log.started - log.began)[counts]
    assert 0.0 < (waits > 10.0).mean() < 1.0
    assert measures.value_of("own.slow") == (waits > 10.0).mean()
    assert measures.value_of("own.slow", "queue_interval", "calls", 1) == (waits > 10.0).mean()
    assert np.isnan(measures.value_of("own.slow", "interval", "", 0))
    assert measures.value_of("own.wait", "queue", "calls") == pytest.approx(waits.mean())
    assert measures.value_of("own.wait", "queue", "calls") == pytest.approx(measures.value_of("asa", "queue", "calls"))
    forgetful = replicate(plan, seed=1, replications=1, forgetting=True)
    assert forgetful.estimates.value_of("own.slow") == pytest.approx(measures.value_of("own.slow"))


SCRIPT = """
from sojourn.extend import step, Share

@step
def story(visit, share: Share = 0.5):
    {}

def bare(visit):
    pass
"""
STORY = ("patience: 30 s", "patience: 30 s\n        process: own.story")


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return 1 / 0", 'the step "own.story" failed with ZeroDivisionError: division by zero'),
        ("yield visit.reach_agent()\n    yield 5", "yielded 5; it yields what visit.wait(...) and the like return"),
        ("yield visit.wait(1.0)", "ended without an agent; yield visit.reach_agent() first"),
        ("yield visit.serve()", "no agent is there; yield visit.reach_agent() first"),
        ("yield visit.wait(-1.0)", "-1.0 is not a time; give seconds, 0 or more"),
        ("return visit.floor.idle('desks')", "'desks' is not a group of agents; known are desk"),
        (
            "return (yield visit.reach_agent()) or 'reslved'",
            "returned 'reslved'; it may return handled, failed, resolved",
        ),
    ],
)
def test_a_failing_step_names_its_place_and_its_line(folder: Path, body: str, sentence: str) -> None:
    text = failure(write(folder, SCRIPT.format(body), STORY))
    first, *lines = text.splitlines()
    assert first.startswith("intents.question.steps.call.process: the step") or "scenario.yaml:" in first
    assert "intents.question.steps.call.process" in first
    assert sentence in first
    if "failed with" in first:
        assert f'File "{folder}/own.py", line 6, in story' in lines[0]


LAW = "from sojourn.extend import law\n@law\ndef some(u: float, a: float = 1.0) -> float:\n    return {}\n"


@pytest.mark.parametrize(
    ("module", "change", "sentences"),
    [
        (LAW.format("1 / (a - 1)"), "some", ['"own.some" failed with ZeroDivisionError', 'own.py", line 4, in some']),
        (LAW.format("1 - u"), "some", ["falls at a probability of"]),
        (LAW.format("u - 1"), "some", ["give 0 s or more"]),
        (LAW.format("u"), "some, b: 2", ["b: is not a key of this"]),
        (LAW.format("u"), "other", ['the module "own" has no "other"']),
        ("1 / 0", "some", ["failed with ZeroDivisionError", 'own.py", line 1, in <module>']),
        ("import not_there", "some", ["failed with ModuleNotFoundError: No module named 'not_there'"]),
        ("def some(u): return u", "some", ['"own.some" is not a law; make it with @law of sojourn.extend']),
        ("from sojourn.extend import law\n@law\ndef some(u, a): return u", "some", ['"a" needs a type']),
        ("from sojourn.extend import law\n@law\ndef some(u, shift: float): return u", "some", ['called "shift"']),
    ],
)  # fmt: skip
def test_what_is_wrong_with_code_is_told_when_it_is_read(
    folder: Path, module: str, change: str, sentences: list[str]
) -> None:
    text = refusal(write(folder, module, ("talk: 60 s", f"talk: {{law: own.{change}}}")))
    assert text.splitlines()[0].startswith(f"{folder}/scenario.yaml:13: intents.question.steps.call.talk")
    assert all(sentence in text for sentence in sentences), text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ((("patience: 30 s", "patience: 30 s\n        process: {step: own.story, shar: 3}"),), 'did you mean "share"?'),
        (
            (("patience: 30 s", "patience: 30 s\n        process: {step: own.story, share: 3}"),),
            "is not between 0 %",
        ),
        ((("patience: 30 s", "patience: 30 s\n        process: own.bare"),), "make it with @step of sojourn.extend"),
        ((("patience: 30 s", "patience: 30 s\n        process: story"),), "no entry point of the group sojourn.steps"),
        ((("name: one desk", "name: one desk\nkpis: [own.story]"),), '"own.story" is not a kpi'),
        ((("name: one desk", "name: one desk\nrouting: own.story"),), '"own.story" is not a policy'),
        (
            (("name: one desk", "name: one desk\nrouting: nowhere.policy"),),
            'no module "nowhere" here; install its pack',
        ),
    ],
)
def test_settings_and_names_are_checked(folder: Path, changes: tuple[tuple[str, str], ...], sentence: str) -> None:
    assert sentence in refusal(write(folder, SCRIPT.format("pass"), *changes))


def test_a_module_that_an_installed_one_hides_is_refused(folder: Path) -> None:
    (folder / "json.py").write_text("policy = 1", encoding="utf-8")
    file = write(folder, "", ("name: one desk", "name: one desk\nrouting: json.policy"))
    assert f"which hides {folder}/json.py; rename the latter" in refusal(file)


def test_the_hash_of_a_scenario_changes_with_its_code(folder: Path) -> None:
    file = write(folder, SCRIPT.format("pass"), STORY)
    before = scenario_hash(sojourn.read_scenario(file, allow_code=True))
    del sys.modules["own"]
    assert scenario_hash(sojourn.read_scenario(file, allow_code=True)) == before
    del sys.modules["own"]
    write(folder, SCRIPT.format("return None"), STORY)
    assert scenario_hash(sojourn.read_scenario(file, allow_code=True)) != before


@pytest.mark.command
def test_the_commands_ask_for_permission(folder: Path) -> None:
    refused = command("validate", "branch.yaml", cwd=folder)
    assert (refused.code, refused.err.count("--allow-code")) == (2, 5)
    allowed = command("validate", "branch.yaml", "--allow-code", cwd=folder)
    assert (allowed.code, allowed.err) == (0, "")
    (folder / "branch.py").write_text(USUAL + "\nnight_bot = ask_colleague = contact\n1 / 0\n", encoding="utf-8")
    failed = command("validate", "branch.yaml", "--allow-code", "--json", cwd=folder)
    problems = json.loads(failed.out)["problems"]
    assert failed.code == 2
    assert all("branch.py" in problem["detail"] for problem in problems)


@pytest.mark.slow
def test_an_installed_package_needs_no_permission(folder: Path) -> None:
    site, text = folder / "site", (folder / "branch.yaml").read_text(encoding="utf-8")
    (folder / "entry_points.yaml").write_text(text.replace("branch.", ""), encoding="utf-8")
    words = [
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--target",
        str(site),
        str(folder),
    ]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True, capture_output=True, timeout=120)
    (folder / "branch.py").unlink()
    script = (
        "import sojourn, json\n"
        "done = sojourn.run('entry_points.yaml', replications=2, report=False, out='installed')\n"
        "print(json.dumps([done.manifest['code'], done.estimates.value_of('long_holds')]))\n"
    )
    environment = {**os.environ, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    code, value = json.loads(done.stdout)
    assert {(own["role"], own["name"], own["distribution"]) for own in code} == {
        ("policy", "old_first", "branch-rules 1.2"),
        ("kpi", "long_holds", "branch-rules 1.2"),
        ("step", "night_bot", "branch-rules 1.2"),
        ("step", "ask_colleague", "branch-rules 1.2"),
        ("law", "burr", "branch-rules 1.2"),
    }
    write_files(PAGE, folder)
    plan = sojourn.make_plan(sojourn.read_scenario(folder / "branch.yaml", allow_code=True))
    assert replicate(plan, seed=1, replications=2).estimates.value_of("branch.long_holds") == value


def test_the_minimal_scenario_has_no_code(folder: Path) -> None:
    file = folder / "scenario.yaml"
    file.write_text(MINIMAL, encoding="utf-8")
    plan = sojourn.make_plan(sojourn.read_scenario(file))
    assert (plan.code, plan.processes, plan.own_kpis) == ((), (), ())
