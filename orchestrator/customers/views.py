"""Answers that show a customer."""

import json
from collections.abc import Sequence

from orchestrator.core.answer import Answer

__all__ = ["person_answer"]


def person_answer(status: int, person: str, names: Sequence[str]) -> Answer:
    """Return the answer that shows a customer's names."""
    return Answer(status, json.dumps({"customer": person, "identities": list(names)}, ensure_ascii=False).encode())
