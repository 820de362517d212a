"""Numbers in options and arguments: as people write them, and not as only Python reads them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer
import typer.main

import orchestrator.__main__ as endpoint
import sojourn.app
from tests.support.command_line import Command

COMMANDS: Any = typer.main.get_command(sojourn.app.app)
OPTIONS = [
    (name, option, int in (hint, *get_args(hint)))
    for name, command in COMMANDS.commands.items()
    for parameter, hint in get_type_hints(command.callback).items()
    if {int, float} & {hint, *get_args(hint)}
    for known in command.params
    if known.name == parameter
    for option in known.opts
]
WRONG = ["1_0", "1_0.5", "\u0663", "nan", "inf", "-inf", "1e999", "ten", "", "9" * 5000]  # an Arabic 3 among them
WHOLE = ["1e1", "3.0", " 3", "9" * 19]


def test_the_options_that_take_numbers_are_known() -> None:
    assert {option for _, option, _ in OPTIONS} > {"-n", "--seed", "-p", "--at-most", "--days", "--port", "--speed"}


@pytest.mark.parametrize(("name", "option", "whole"), OPTIONS)
def test_numbers_that_only_python_takes_are_refused(name: str, option: str, *, whole: bool) -> None:
    sentence = "is not a whole number of up to 18 digits; write it like 10" if whole else "is not a number"
    for text in WRONG + WHOLE * whole:
        with pytest.raises(typer.BadParameter, match=sentence) as error:
            COMMANDS.commands[name].make_context(name, [option, text])
        assert f"'{option}'" in error.value.format_message()
        assert len(error.value.format_message()) < 200


WORDS = {
    "a number of replications": (["run", "-n", "1_0"], "Invalid value for '--replications' / '-n': \"1_0\" is not a"),
    "a bound of a staffing search": (["staff", "--target", "service_level >= 0_8"], '"0_8" is no bound'),
    "a percentage": (["staff", "--target", "service_level >= 8_0 %"], '"8_0 %" is no bound'),
    "a confidence": (["staff", "--confidence", "0_1"], '"0_1" is no probability'),
    "a limit": (["staff", "--min", "desk=1_0"], '"desk=1_0": is no limit'),
    "a limit beyond all agents": (["staff", "--max", f"desk={'9' * 30}"], "is no limit"),
    "a bound of a sweep": (
        ["sweep", "--vary", "agents.desk.staff=1,2", "--kpi", "asa <= 2_0"],
        '"2_0" is no bound of asa',
    ),
    "an endless bound": (["sweep", "--vary", "agents.desk.staff=1,2", "--kpi", "asa <= 1e999"], "is no bound of asa"),
    "more agents than a scenario may have": (["staff", "--min", "desk=100001"], "100,001 is too many agents"),
    "a number of points": (["sweep", "--points", "1_0"], "1_0: there is no such file"),
    "a size": (["run", "--precision", "asa: 1_0 s"], "is no unit of asa"),
    "a change": (["run", "--set", "agents.desk.staff=+1_0"], '"1_0" is not a number'),
    "an end of a range": (["sweep", "--vary", "agents.desk.staff=1..1_0"], '"1..1_0" is not a range'),
}  # fmt: skip


@pytest.mark.parametrize("name", WORDS)
def test_so_are_numbers_within_options(refused: Command, folder: Path, name: str) -> None:
    words, sentence = WORDS[name]
    done = refused(words[0], "desk.yaml", *words[1:], cwd=folder)
    assert (done.code, done.out) == (2, "")
    assert sentence in done.err


@pytest.mark.parametrize(
    "words",
    [
        ["--port", "1_0"], ["--port", "70000"], ["--most-queues", "-3"], ["--queue-limit", "0"],
        ["--keep-days", "nan"], ["--keep-days", "-1"], ["--rules-budget", "1_0"], ["--rules-budget", "1e999"],
    ],
)  # fmt: skip
def test_the_endpoint_refuses_them_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """Of a negative number of days, all completed journeys would be deleted."""
    monkeypatch.setattr(sys, "argv", ["python -m orchestrator", "--store", "no/journeys.db", *words])
    with pytest.raises(SystemExit) as ended:
        endpoint.main()
    assert ended.value.code == 2
    assert f"argument {words[0]}: " in capsys.readouterr().err
