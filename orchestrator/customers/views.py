"""Answers that show a customer."""

from collections.abc import Sequence

from orchestrator.core.answer import Answer, json_answer

__all__ = ["person_answer"]


def person_answer(status: int, person: str, names: Sequence[str]) -> Answer:
    """Return the answer that shows a customer's names."""
    return json_answer({"customer": person, "identities": list(names)}, status)
