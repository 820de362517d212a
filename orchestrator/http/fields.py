"""The fields of a request, checked one by one, so that everything wrong with them is told at once."""

from datetime import UTC, datetime
from typing import Any

from orchestrator.core.json_codec import Document
from orchestrator.core.problems import invalid
from orchestrator.core.request import LONGEST

__all__ = ["Fields", "instant"]

EARLIEST = datetime(1, 1, 3, tzinfo=UTC).timestamp()
LATEST = datetime(9999, 12, 29, tzinfo=UTC).timestamp()


class Fields:
    """The members of a JSON object, and what is wrong with them.

    Parameters
    ----------
    body
        What the client sent; anything but an object has no fields, and that is wrong too.
    pointer
        Where the object stands in the body, as a JSON pointer.
    """

    def __init__(self, body: Any, pointer: str = "") -> None:
        self.errors: list[tuple[str, str]] = []
        self._pointer = pointer
        if not isinstance(body, dict):
            self.errors.append((pointer or "/", f"is {_shown(body)}; an object is needed"))
        self.members: Document = body if isinstance(body, dict) else {}

    def wrong(self, name: str, sentence: str) -> None:
        """Note that a field is wrong."""
        self.errors.append((f"{self._pointer}/{name}", sentence))

    def text(self, name: str) -> str:
        """Return a text that must be there."""
        return self.maybe_text(name, missing="is missing; a text is needed") or ""

    def maybe_text(self, name: str, missing: str = "") -> str | None:
        """Return a text, or ``None`` where there is none."""
        value = self.members.get(name)
        if value is None:
            if missing or name in self.members:
                self.wrong(name, missing or "is null; leave it out or give a text")
            return None
        if not isinstance(value, str) or not 0 < len(value) <= LONGEST:
            self.wrong(name, f"is {_shown(value)}; a text of 1 to {LONGEST} characters is needed")
            return None
        if "\0" in value:
            self.wrong(name, "has a NUL, which no name has")
            return None
        return value

    def mapping(self, name: str) -> Document:
        """Return an object; an empty one where there is none."""
        value = self.members.get(name, {})
        if not isinstance(value, dict):
            self.wrong(name, f"is {_shown(value)}; an object is needed")
            return {}
        return value

    def timestamp(self, name: str) -> str | None:
        """Return an instant as RFC 3339 writes it, or ``None`` where there is none."""
        text = self.maybe_text(name)
        if text is not None and not _is_timestamp(text):
            self.wrong(name, f"is {_shown(text)}; a time with its zone is needed, such as 2026-03-02T09:30:00Z")
        return text

    def only(self, *known: str) -> None:
        """Note every field that is none of the known ones."""
        for name in self.members.keys() - set(known):
            self.wrong(name[:LONGEST], f"is not known; known are {', '.join(known)}")

    def check(self) -> None:
        """Refuse the request if anything was wrong."""
        if self.errors:
            raise invalid(self.errors)


def instant(fields: Fields, name: str) -> float | None:
    """Return an instant in seconds since the epoch, or ``None`` where there is none.

    Parameters
    ----------
    fields
        Where it stands.
    name
        Of the field.
    """
    text = fields.timestamp(name)
    if text is None or (fields.errors and fields.errors[-1][0].endswith(f"/{name}")):
        return None
    seconds = datetime.fromisoformat(text).timestamp()
    if not EARLIEST <= seconds <= LATEST:
        fields.wrong(name, f"is {text}; a time that is in the years 1 to 9999 in every zone is needed")
        return None
    return seconds


def _is_timestamp(text: str) -> bool:
    """Tell whether a text is a date and time with a zone."""
    try:
        return len(text) > len("2026-03-02") and datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def _shown(value: Any) -> str:
    """Return what was found, short enough for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return f'"{value[:40]}"' if len(value) <= 40 else f"a text of {len(value)} characters"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"the number {str(value)[:40]}"
