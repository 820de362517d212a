"""Limits of a tenant: how much of a shared service each may use."""

from dataclasses import dataclass
from math import ceil

from orchestrator.core.problems import Refused
from orchestrator.service.budget import Buckets

__all__ = ["Limits", "RequestRate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Limits of each tenant.

    Attributes
    ----------
    requests
        Requests per second; 0 for any number.
    queues, webhooks
        That there may be.
    overflows
        Of all queues together: an agent who asks for work may have to look at each.
    journeys
        That may be open, active or paused; 0 for any number.
    entries
        Of all journeys together, which is what a store grows by; 0 for any number.
    answers
        That are stored for an Idempotency-Key; 0 for any number.
    bytes
        Of all that is kept, see `orchestrator.service.storage`; 0 for any number.
    enforced
        Whether more is refused; it is not for what the service itself has to do.
    """

    requests: float = 0.0
    queues: int = 1000
    overflows: int = 2000
    webhooks: int = 16
    journeys: int = 0
    entries: int = 0
    answers: int = 0
    bytes: int = 0
    enforced: bool = True

    def check(self, noun: str, present: int, allowed: int, more: int = 1) -> None:
        """Refuse one more of something, or several, if there would be more than allowed.

        Raises
        ------
        Refused
            ``limit``; time alone changes nothing, so without ``Retry-After``.
        """
        if self.enforced and present + more > allowed > 0:
            detail = f"the tenant has {present} {noun}, and may have {allowed}"
            raise Refused("limit", detail, of=noun, limit=allowed, left=max(0, allowed - present))

    def check_bytes(self, present: int, growth: int) -> None:
        """Refuse to keep more bytes than are allowed; what makes them fewer never is.

        Raises
        ------
        Refused
            ``limit``, as of `check`.
        """
        if self.enforced and growth > 0 and present + growth > self.bytes > 0:
            left = max(0, self.bytes - present)
            detail = f"the request would keep {growth} bytes more; of the {self.bytes} of the tenant {left} are left"
            raise Refused("limit", detail, of="bytes", limit=self.bytes, left=left)


class RequestRate:
    """Limit of a tenant's requests per second; what a second allows may come at once.

    Parameters
    ----------
    allowed
        Requests per second; 0 for any number.
    """

    def __init__(self, allowed: float) -> None:
        self._allowed = allowed
        self._buckets = Buckets(allowed, max(1.0, allowed))

    def count(self, tenant: str) -> None:
        """Count a request.

        Raises
        ------
        Refused
            ``limit`` when it comes too early.
        """
        if not self._allowed:
            return
        left, wait = self._buckets.take(tenant, 1.0)
        if wait:
            seconds = ceil(wait)
            burst = ceil(max(1.0, self._allowed))
            window = ceil(burst / self._allowed)
            headers = (
                (b"retry-after", b"%d" % seconds),
                (b"ratelimit-policy", b'"requests";q=%d;w=%d' % (burst, window)),
                (b"ratelimit", b'"requests";r=0;t=%d' % seconds),
            )
            detail = f"a tenant may send {self._allowed:g} requests per second; repeat it in {seconds} s"
            raise Refused("limit", detail, headers, of="requests", limit=self._allowed, left=int(left))
