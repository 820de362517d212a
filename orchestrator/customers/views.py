"""Answers that show a customer."""

from collections.abc import Sequence

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write

__all__ = ["person_answer"]


def person_answer(status: int, person: str, names: Sequence[str]) -> Answer:
    """Return the answer that shows a customer's names."""
    return Answer(status, write({"customer": person, "identities": list(names)}).encode())
