"""Errors of users are printed as sentences."""

from __future__ import annotations

import pytest

from sim.core.errors import CannotWrite, InvalidInput, Problem, SojournError, Unreachable, near


@pytest.mark.parametrize(
    ("problem", "sentence"),
    [
        (Problem("bank.yaml", "run.seed", "is missing", 3), "bank.yaml:3: run.seed: is missing"),
        (Problem("bank.yaml", "run.seed", "is missing"), "bank.yaml: run.seed: is missing"),
        (Problem("bank.yaml", "", "is empty", 1), "bank.yaml:1: is empty"),
        (Problem("bank.yaml", "", "is empty"), "bank.yaml: is empty"),
    ],
)
def test_a_problem_says_where_it_is(problem: Problem, sentence: str) -> None:
    assert str(problem) == sentence


def test_invalid_input_says_everything_at_once() -> None:
    error = InvalidInput(Problem("f", "", what) for what in ("one", "two"))
    assert str(error) == "f: one\nf: two"
    assert [problem.message for problem in error.problems] == ["one", "two"]


def test_exit_codes() -> None:
    codes = {error: error.exit_code for error in (SojournError, CannotWrite, InvalidInput, Unreachable)}
    assert codes == {SojournError: 1, CannotWrite: 1, InvalidInput: 2, Unreachable: 2}
    assert all(issubclass(error, SojournError) for error in codes)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("dsek", ["desk", "menu"], 'did you mean "desk"?'),
        ("cars", ["cards", "care", "loans"], 'did you mean "cards" or "care"?'),
        ("xyz", ["menu", "desk"], "known are desk, menu"),
        ("xyz", [], "none is defined"),
    ],
)
def test_near(name: str, known: list[str], hint: str) -> None:
    assert near(name, known) == hint


def test_a_problem_is_one_line_of_printable_characters_and_reasonable_length() -> None:
    """A key or value of a file may be long, or hold what commands a terminal."""
    shown = str(Problem("a.yaml", "x" * 5000, "y" * 5000 + "\x1b[2J\n is wrong: é"))
    assert shown.isprintable()
    assert shown.endswith("\\x1b[2J\\n is wrong: é")
    assert len(shown) < 1700
