"""Problems (RFC 9457): the refusals of the endpoint.

A problem's type is ``/problems/`` and a key of `KINDS`, relative to the endpoint. ``extra`` has its members beyond the
standard ones: the state that forbids a transition, the errors of a body, the version that did not match.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.core.answer import Answer
from orchestrator.core.json_codec import write

__all__ = ["KINDS", "Refused", "invalid", "unknown_journey"]

KINDS: Mapping[str, tuple[int, str]] = {
    "malformed": (400, "The body cannot be read"),
    "unauthorized": (401, "The request has no token of this service"),
    "unknown": (404, "There is no such thing"),
    "method": (405, "The resource does not have this method"),
    "slow": (408, "The request took too long to arrive"),
    "state": (409, "The journey's state does not allow this"),
    "elsewhere": (409, "The event belongs to another journey"),
    "work-state": (409, "The state of the queue, item or agent does not allow this"),
    "lease": (409, "The reservation is not held any longer"),
    "full": (409, "The queue takes no more"),
    "mismatch": (412, "The journey has changed meanwhile"),
    "too-large": (413, "The request asks to keep too much"),
    "media-type": (415, "The body's media type or coding is not the one expected"),
    "misdirected": (421, "The request is for another host"),
    "invalid": (422, "The request's fields are not right"),
    "key-reused": (422, "The Idempotency-Key belongs to another request"),
    "precondition": (428, "The request must say which version it changes"),
    "budget": (429, "The tenant's rules have used up their share of time"),
    "limit": (429, "The tenant has reached a limit"),
    "head": (431, "The head of the request is too large"),
    "failed": (500, "The service failed"),
    "storage": (500, "The storage failed"),
    "overloaded": (503, "Too many requests are waiting"),
    "stalled": (503, "The storage does not answer now"),
    "no-room": (507, "The storage is full"),
}
"""Status and title of each kind of problem."""

MEDIA = b"application/problem+json"


class Refused(Exception):  # noqa: N818 - reads as what it is where it is raised
    """A refused request, and the reason.

    Parameters
    ----------
    problem
        One of `KINDS`.
    detail
        A sentence about this request.
    headers
        Headers that the answer needs, such as ``Allow`` or ``Retry-After``.
    extra
        Further members of the problem.
    """

    def __init__(self, problem: str, detail: str, headers: tuple[tuple[bytes, bytes], ...] = (), **extra: Any) -> None:
        super().__init__(detail)
        self.problem, self.detail, self.headers, self.extra = problem, detail, headers, extra

    def answer(self) -> Answer:
        """Return the problem as the answer to its request."""
        status, title = KINDS[self.problem]
        members = {
            "type": f"/problems/{self.problem}",
            "title": title,
            "status": status,
            "detail": self.detail,
            **self.extra,
        }
        return Answer(status, write(members).encode(), media=MEDIA, headers=self.headers)


def invalid(errors: Sequence[tuple[str, str]]) -> Refused:
    """Return the refusal of a request with wrong fields.

    Parameters
    ----------
    errors
        All of them: the location (a JSON pointer, a header or a query parameter), and a sentence.
    """
    listed = [{"pointer": where, "detail": sentence} for where, sentence in errors]
    detail = "; ".join(f"{where} {sentence}" for where, sentence in errors)
    return Refused("invalid", detail, errors=listed)


def unknown_journey(journey: str) -> Refused:
    """Return the refusal of a request about an unknown journey."""
    return Refused("unknown", f"there is no journey {journey[:80]}")
