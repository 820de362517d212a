"""Wrong input: sentences with the value, the location and the remedy; exit code 2; nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import Command, contents, desk, sojourn
from tests.support.minimal_scenario import changed

CALL = "intents.question.steps.call"
LATE = f'{CALL}.patience: -3 s is negative; give a duration such as "4 min"'
SHARES = 'the shares add up to 99 %, not 100 %; give the missing ones, or let one take the "rest"'
NOWHERE = '{} leads nowhere; give a step or an outcome, or several with shares such as "35 %"'
MISSPELT = 'desk.yaml:2: run.drian: is not a key of this; did you mean "drain"?'
NEGATIVE = f'desk.yaml:13: {CALL}.talk: -60 s is negative; give a duration such as "4 min"'
WRONG = {
    "misspelt key": ([("drain: 1 h", "drian: 1 h")], [MISSPELT]),
    "negative time": ([("patience: 30 s", "patience: -3 s")], [f"desk.yaml:14: {LATE}"]),
    "shares that are not 100 %": (
        [("next: resolved", "next: {resolved: 50 %, gave_up: 49 %}")],
        [f"desk.yaml:15: {CALL}.next: {SHARES}"],
    ),
    "a step that leads nowhere": ([("next: resolved", "next: {}")], [f"desk.yaml:15: {CALL}.next: {NOWHERE}"]),
    "a step that is not there": (
        [("next: resolved", "next: cal")],
        [f'desk.yaml:15: {CALL}.next.cal: "cal" leads nowhere; did you mean "call"?'],
    ),
    "two at once": ([("drain: 1 h", "drian: 1 h"), ("talk: 60 s", "talk: -60 s")], [MISSPELT, NEGATIVE]),
}


def _refusal(*problems: str) -> str:
    """Return what a refused input is told."""
    return "\n".join([*problems, f"{len(problems)} problem{'s' if len(problems) > 1 else ''}; nothing was run.\n"])


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_scenario_is_refused_with_every_problem_of_it(refused: Command, tmp_path: Path, name: str) -> None:
    changes, problems = WRONG[name]
    done = refused("validate", "desk.yaml", cwd=desk(tmp_path, changed(*changes)))
    assert (done.code, done.out, done.err) == (2, "", _refusal(*problems))


TABLES = {
    "empty": ("", 'demand.csv: is empty; it needs a header such as "time,balance,loan" and a row per interval'),
    "ragged": ("time,question\n08:00,10\n09:00\n", "demand.csv:3: has 1 cell where the header has 2"),
    "missing": (None, "demand.csv: there is no such file"),
}


@pytest.mark.parametrize("name", TABLES)
def test_a_wrong_table_is_refused(refused: Command, tmp_path: Path, name: str) -> None:
    text, sentence = TABLES[name]
    folder = desk(tmp_path, changed(("    demand: 10\n", ""), ("agents:", "demand: {forecast: demand.csv}\nagents:")))
    if text is not None:
        (folder / "demand.csv").write_text(text, encoding="utf-8")
    done = refused("validate", "desk.yaml", cwd=folder)
    assert (done.code, done.out, done.err) == (2, "", _refusal(sentence))


def test_no_command_goes_on_with_a_wrong_scenario(refused: Command, earlier: Path, host: str) -> None:
    (earlier / "wrong.yaml").write_text(changed(("drain: 1 h", "drian: 1 h")), encoding="utf-8")
    before = contents(earlier)
    expected = _refusal(MISSPELT).replace("desk.yaml", "wrong.yaml")
    for words in (["run"], ["whatif", "--set", "demand.volume=*1.1"], ["load", "--host", host]):
        done = refused(words[0], "wrong.yaml", *words[1:], "--out", "run", cwd=earlier)
        assert (done.code, done.out, done.err) == (2, "", expected)
    done = refused("demo", "wrong.yaml", "--out", "run", cwd=earlier)
    assert (done.code, done.out, done.err) == (2, "", expected)
    assert contents(earlier) == before


WORDS = {
    "no such file": (["validate", "nope.yaml"], "nope.yaml: there is no such file"),
    "a folder without a scenario": (
        ["validate", "."],
        "scenario.yaml: there is no such file",
    ),
    "an override of what is not there": (
        ["run", "desk.yaml", "--set", "agents.desc.staff=+1"],
        '--set agents.desc.staff=+1: "desc" is not in agents; did you mean "desk"?',
    ),
    "an override with a wrong value": (
        ["whatif", "desk.yaml", "--set", f"{CALL}.talk=soon"],
        f'--set {CALL}.talk=soon: {CALL}.talk: "soon" is not a duration; give a number and a unit, such as "4 min"',
    ),
    "nothing to compare": (
        ["whatif", "desk.yaml"],
        '--set: is missing; say what to change, such as --set "demand.volume=*1.1"',
    ),
    "an engine that there is not": (
        ["run", "desk.yaml", "--engine", "simpi"],
        '--engine: "simpi" is not an engine; did you mean "simpy"?',
    ),
    "not a URL": (
        ["load", "desk.yaml", "--host", "localhost:8080"],
        '--host: "localhost:8080" is not the URL of a host; give e.g. http://127.0.0.1:8080',
    ),
    "no result to keep": (
        ["baseline", "nope", "kept.json"],
        "nope: no such folder; give the result folder of a run or a load",
    ),
}


@pytest.mark.parametrize("name", WORDS)
def test_wrong_words_are_refused(refused: Command, folder: Path, name: str) -> None:
    before = contents(folder)
    words, sentence = WORDS[name]
    done = refused(*words, cwd=folder)
    assert (done.code, done.out, done.err) == (2, "", _refusal(sentence))
    assert contents(folder) == before


def test_no_result_to_check_is_invalid_and_no_missed_objective(refused: Command, folder: Path) -> None:
    before = contents(folder)
    done = refused("check", "nope", cwd=folder)
    assert (done.code, done.out) == (4, "INVALID: nope\n")
    problem = "nope: no such folder; give the result folder of a run or a load"
    assert done.err == f"{problem}\n1 problem; nothing was judged.\n"
    assert contents(folder) == before


ADDRESSES = {
    "nothing listens": (
        ["load", "desk.yaml", "--host", "http://127.0.0.1:1"],
        "http://127.0.0.1:1: nothing answers there (Connection refused); start an endpoint, or give another --host",
    ),
    "a database where there is no folder": (
        ["serve", "--database", "nope/journeys.db"],
        "nope/journeys.db: its folder does not exist; make it first, or give another file",
    ),
    "an address that others can reach": (
        ["serve", "--host", "0.0.0.0"],
        (
            "refusing to listen on 0.0.0.0: no tenant has a token, so anyone could ask; "
            "give 127.0.0.1, ::1 or localhost, or add a tenant first"
        ),
    ),
}


@pytest.mark.command
@pytest.mark.parametrize("name", ADDRESSES)
def test_wrong_addresses_are_refused(folder: Path, name: str) -> None:
    before = contents(folder)
    words, sentence = ADDRESSES[name]
    done = sojourn(*words, cwd=folder)
    assert (done.code, done.out, done.err) == (2, "", f"{sentence}\n")
    assert contents(folder) == before


@pytest.mark.command
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["rum", "desk.yaml"], "No such command 'rum'."),
        (["run", "desk.yaml", "--replications", "0"], "Invalid value for '--replications' / '-n'"),
        (["load", "desk.yaml", "--speed", "-1"], "Invalid value for '--speed'"),
        (["run"], "Missing argument 'SCENARIO'"),
    ],
)
def test_wrong_usage_is_refused(folder: Path, words: list[str], sentence: str) -> None:
    done = sojourn(*words, cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err
    assert "Traceback" not in done.err


@pytest.mark.command
def test_a_bad_contract_is_refused_before_anything_is_sent(earlier: Path, host: str) -> None:
    (earlier / "my.yaml").write_text("contract: 1\ninfo: {title: Mine}\nverbs: {strat: {path: /cases}}\n", "utf-8")
    before = contents(earlier)
    done = sojourn("load", "desk.yaml", "--host", host, "--contract", "my.yaml", "--out", "run", cwd=earlier)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("my.yaml")
    assert "strat" in done.err
    assert done.err.endswith("nothing was run.\n")
    assert contents(earlier) == before


@pytest.mark.command
@pytest.mark.parametrize("content", [b"[1, 2]", b"3", b"", b"\xff\xfe", b"contract: 1\nverbs: {sta", b"[" * 100_000])
def test_a_damaged_contract_is_refused_too(refused: Command, earlier: Path, host: str, content: bytes) -> None:
    (earlier / "my.yaml").write_bytes(content)
    before = contents(earlier)
    done = refused("load", "desk.yaml", "--host", host, "--contract", "my.yaml", "--out", "run", cwd=earlier)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("my.yaml:")
    assert done.err.endswith("1 problem; nothing was run.\n")
    assert contents(earlier) == before


def test_a_result_that_is_damaged_is_refused(earlier: Path) -> None:
    (earlier / "run" / "kpis.json").write_text("[{", encoding="utf-8")
    (earlier / "run" / "manifest.json").unlink()
    done = sojourn("check", "run", cwd=earlier)
    files = "run/verdict.html, run/verdict.md, run/junit.xml"
    assert (done.code, done.out) == (4, f"INVALID: run\nPage, Markdown and JUnit XML: {files}\n")
    assert done.err.splitlines()[0] == "run/manifest.json: no such file"
    assert done.err.splitlines()[1].startswith("run/kpis.json:1: is not JSON: ")


@pytest.mark.command
def test_a_store_that_is_not_there_is_refused(tmp_path: Path) -> None:
    done = sojourn("store", "backup", "copy.db", cwd=tmp_path)
    assert (done.code, done.out) == (2, "")
    assert "nothing to back up" in done.err
    assert contents(tmp_path) == {}
