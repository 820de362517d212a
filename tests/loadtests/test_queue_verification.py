"""The verification of queue items: every fault is caught, and nothing correct is reported."""

from pathlib import Path
from typing import Any

import pytest

from loadtests.contract import AnswerClass, Verb, read_contract
from loadtests.ledger import Attempt, LedgerWriter, read_ledger
from loadtests.verification.queues import (
    Contact,
    Entries,
    QueueRequests,
    check_contact,
    check_entries,
    requests_of_queues,
)
from tests.support.conductor_runs import Story, trace_from

READBACK = read_contract().readback
assert READBACK is not None
assert READBACK.item is not None
STATES = READBACK.item.states
ENTERED, GAVE_UP = {Verb.ENQUEUE}, {Verb.ABANDON}
ANSWERED, SERVED = {Verb.ACCEPT}, {Verb.ACCEPT, Verb.DONE}


@pytest.mark.parametrize(
    ("acknowledged", "uncertain", "state", "checks"),
    [
        (set(), set(), "waiting", []),
        (set(), set(), "reserved", []),
        (set(), set(), "serving", ["phantom"]),
        (set(), set(), "completed", ["phantom"]),
        (set(), set(), "abandoned", ["phantom"]),
        (set(), set(), "elsewhere", ["lost"]),
        (set(), GAVE_UP, "abandoned", []),  # no answer, or the journey is over
        (set(), GAVE_UP, "waiting", []),
        (set(), ANSWERED, "serving", []),
        (set(), ANSWERED, "completed", ["phantom"]),
        (set(), SERVED, "completed", []),
        (GAVE_UP, set(), "abandoned", []),
        (GAVE_UP, set(), "waiting", ["lost"]),
        (GAVE_UP, ANSWERED, "serving", ["lost"]),
        (ANSWERED, set(), "serving", []),
        (ANSWERED, set(), "reserved", ["lost"]),
        (ANSWERED, GAVE_UP, "abandoned", ["lost"]),
        (ANSWERED, set(), "completed", ["phantom"]),
        (ANSWERED, {Verb.DONE}, "completed", []),
        (SERVED, set(), "completed", []),
        (SERVED, set(), "serving", ["lost"]),
        (ANSWERED | GAVE_UP, set(), "serving", ["lost"]),
    ],
)
def test_one_contact(acknowledged: set[Verb], uncertain: set[Verb], state: Any, checks: list[str]) -> None:
    accepted = ["r-desk-0"] if Verb.ACCEPT in acknowledged else []
    contact = Contact("r-1", "r-1-2", "i", accepted, set(acknowledged), set(uncertain))
    assert [finding.check for finding in check_contact(contact, state, STATES)] == checks


def test_a_contact_that_two_agents_accepted() -> None:
    contact = Contact("r-1", "r-1-2", "i", ["r-desk-0", "r-desk-1"], {Verb.ACCEPT})
    (finding,) = check_contact(contact, "serving", STATES)
    assert (finding.check, finding.detail) == ("duplicate", "i was accepted by r-desk-0 and by r-desk-1")


def test_a_verb_whose_state_the_contract_does_not_say_is_not_judged() -> None:
    assert not list(check_contact(Contact("r-1", "r-1-2", "i"), "anything", {"done": "completed"}))


@pytest.mark.parametrize(
    ("entered", "places", "checks"),
    [
        (5, (1, 4), []),
        (6, (2, 4), []),  # the one without an answer
        (5, (1, 3), ["unbalanced"]),
        (4, (1, 3), ["lost"]),
        (7, (1, 6), ["phantom"]),
        (7, (1, 7), ["unbalanced", "phantom"]),
    ],
)
def test_one_queue(entered: int, places: tuple[int, ...], checks: list[str]) -> None:
    entries = Entries(acknowledged=5, unknown=1)
    assert [finding.check for finding in check_entries("r-calls", entries, entered, places)] == checks


def gathered(folder: Path, stories: list[Story], agents: int, answers: dict[tuple[int, int], Any]) -> QueueRequests:
    """What is made of a ledger in which every request was acknowledged, but those for which an answer is given.

    An answer is a class, or the item that the answer named.
    """
    trace = trace_from(stories, agents)
    writer = LedgerWriter(folder, 0)
    for journey, story in enumerate(stories):
        for seq, (due, verb) in enumerate(story, 1):
            answer = answers.get((journey, seq), AnswerClass.OK)
            answer_class = answer if isinstance(answer, AnswerClass) else AnswerClass.OK
            writer.note(Attempt(due, due, journey, seq, verb, began=due, ended=due, answer_class=answer_class))
            if not isinstance(answer, AnswerClass):
                writer.keep(journey, seq, {f"{verb.name.lower()}.item": answer})
    writer.close()
    return requests_of_queues(trace, read_ledger(folder), "r")


CALLER: Story = [(0.0, Verb.START), (1.0, Verb.ENQUEUE), (5.0, Verb.ABANDON), (6.0, Verb.ENQUEUE), (9.0, Verb.COMPLETE)]
AGENT: Story = [(2.0, Verb.READY), (2.0, Verb.ACCEPT), (4.0, Verb.DONE)]


def test_what_is_gathered_of_contacts(tmp_path: Path) -> None:
    """The first contact is answered before its customer gives up, the second is left with the journey."""
    answers = {
        (0, 2): "a",
        (0, 3): AnswerClass.NOTHING,
        (0, 4): "b",
        (1, 1): "a",
        (1, 2): "a",
        (1, 3): AnswerClass.TIMEOUT,
    }
    requests = gathered(tmp_path, [CALLER, AGENT], 1, answers)
    assert requests.contacts == {
        "a": Contact("r-7", "r-7-2", "a", ["r-desk-0"], {Verb.ACCEPT}, {Verb.DONE, Verb.ABANDON}),
        "b": Contact("r-7", "r-7-4", "b", [], set(), {Verb.ABANDON}),
    }
    assert requests.entries == {"r-calls": Entries(acknowledged=2, unknown=0)}
    assert not requests.findings


def test_an_abandonment_concerns_the_last_contact_only(tmp_path: Path) -> None:
    requests = gathered(tmp_path, [CALLER[:4]], 0, {(0, 2): "a", (0, 4): AnswerClass.TIMEOUT})
    assert requests.contacts == {"a": Contact("r-7", "r-7-2", "a", [], {Verb.ABANDON})}
    assert requests.entries == {"r-calls": Entries(acknowledged=1, unknown=1)}


def test_an_agent_who_got_nothing_has_nothing(tmp_path: Path) -> None:
    answers = {(0, 2): "a", (1, 1): "a", (1, 2): AnswerClass.NOTHING, (1, 3): AnswerClass.NOT_SENT}
    requests = gathered(
        tmp_path,
        [CALLER[:2], [*AGENT, *AGENT]],
        1,
        {**answers, (1, 4): AnswerClass.NOTHING, **dict.fromkeys([(1, 5), (1, 6)], AnswerClass.NOT_SENT)},
    )
    assert requests.contacts["a"].acknowledged == set()
    assert requests.contacts["a"].uncertain == set()


def test_an_acceptance_without_an_answer_concerns_what_was_offered(tmp_path: Path) -> None:
    answers = {(0, 2): "a", (1, 1): "a", (1, 2): AnswerClass.TIMEOUT, (1, 3): AnswerClass.NOT_SENT}
    assert gathered(tmp_path, [CALLER[:2], AGENT], 1, answers).contacts["a"].uncertain == {Verb.ACCEPT}


@pytest.mark.parametrize(("entered", "checks"), [("a", ["phantom"]), (AnswerClass.TIMEOUT, [])])
def test_a_contact_that_nobody_is_known_to_have_entered(tmp_path: Path, entered: Any, checks: list[str]) -> None:
    """Whoever entered without an answer may be the one that was accepted."""
    requests = gathered(tmp_path, [CALLER[:2], AGENT], 1, {(0, 2): entered, (1, 1): "x", (1, 2): "x"})
    assert [finding.check for finding in requests.findings] == checks


def test_one_contact_for_two_customers(tmp_path: Path) -> None:
    requests = gathered(tmp_path, [CALLER[:2], CALLER[:2]], 0, {(0, 2): "a", (1, 2): "a"})
    (finding,) = requests.findings
    assert (finding.check, finding.detail) == ("duplicate", "r-8-2 was given a, which r-7-2 had been given")
