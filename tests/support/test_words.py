"""The lint rule on words finds each vague name, and finds none in the project."""

from __future__ import annotations

import pytest

from tests.support.words import problems_in, problems_of


def test_the_project_has_no_vague_names() -> None:
    assert problems_of() == []


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("found = 1", "found"),
        ("for it in (): ...", "it"),
        ("[one for one in ()]", "one"),
        ("def f(kind: str) -> None: ...", "kind"),
        ("def told() -> None: ...", "told"),
        ("class some: ...", "some"),
        ("lambda of: 1", "of"),
        ("import math as place", "place"),
        ("(given := 1)", "given"),
        ("match 1:\n    case which: ...", "which"),
        ("try: ...\nexcept ValueError as said: ...", "said"),
        ("with open('') as them: ...", "them"),
    ],
)
def test_a_vague_name_is_found(source: str, name: str) -> None:
    (problem,) = problems_in(source, "a.py")
    assert f'the name "{name}" is vague; use a noun of the domain' in problem


@pytest.mark.parametrize("word", ["What", "Who", "How", "Where", "Whether"])
def test_a_docstring_that_begins_with_a_question_word_is_found(word: str) -> None:
    assert list(problems_in(f'"""{word} a queue holds."""', "a.py")) == [
        f'a.py:1: the docstring begins with "{word}"; begin with a noun or an imperative verb'
    ]


@pytest.mark.parametrize("source", ["class Shift:\n    kind: str", '"""Queues."""\nrows = kpi.of("asa")', "f(kind=1)"])
def test_keys_of_files_and_the_names_of_others_are_left_alone(source: str) -> None:
    assert list(problems_in(source, "a.py")) == []
