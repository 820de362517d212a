"""Early end of a load: an objective that will be missed, whatever is still to come.

It is arithmetic on counts, not statistics. A quantile of at most N requests exceeds its bound for certain when more
than N - ceil(q N) requests took longer, and an error rate when more than the bound times N have failed. N is the number
of requests that are planned; fewer only make it more certain. A latency counts here without the generator's own lag,
and a failure when no further attempt follows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from loadtests.contract.schema import Contract
from loadtests.contract.vocabulary import ACKNOWLEDGED, UNSENT, AnswerClass, Verb
from loadtests.ledger import written_attempts
from loadtests.trace.model import Trace
from loadtests.verdict.evidence import QUANTILES

__all__ = ["EarlyEnd", "ObjectiveMissed"]

_SLACK: Final = 1e-9
"""Of a product of a share and a count, which is rounded."""


class ObjectiveMissed(Exception):  # noqa: N818 - no error, but the end of a run
    """An objective that is missed for certain; its text is a sentence."""


class EarlyEnd:
    """Watches the ledgers of a running load.

    Parameters
    ----------
    folder
        Of the generators' ledgers.
    trace
        The requests that are planned, with offered verbs only.
    contract
        Says which failures are tried again.
    bounds
        By quantile, in seconds, and ``error_rate``; None = no bound.
    """

    def __init__(self, folder: Path, trace: Trace, contract: Contract, bounds: Mapping[str, float | None]) -> None:
        self._folder, self._contract = folder, contract
        self._read: dict[Path, int] = {}
        self._planned = len(trace)
        self._timed = int((trace.verb != Verb.READY).sum())
        self._bounds = {name: bound for name in QUANTILES if (bound := bounds.get(name)) is not None}
        self._error_rate = bounds.get("error_rate")
        self._over: dict[str, set[int]] = {name: set() for name in self._bounds}
        self._failed: set[int] = set()

    def look(self) -> None:
        """Read what the generators have written since the last look.

        Raises
        ------
        ObjectiveMissed
            An objective is missed, whatever is still to come.
        """
        for path in sorted(self._folder.glob("attempts-*.bin")):
            records, self._read[path] = written_attempts(path, self._read.get(path, 0))
            self._count(records)
        for sentence in self._certain():
            raise ObjectiveMissed(sentence)

    def _count(self, records: NDArray[np.void]) -> None:
        """Count slow and failed requests."""
        kinds = records["kind"]
        answered = records[~np.isin(kinds, [AnswerClass.UNKNOWN, *UNSENT])]
        keys = (answered["journey"].astype(np.int64) << 32) | answered["seq"]
        timed = answered["verb"] != Verb.READY
        lag = np.maximum(answered["began"] - answered["ready"], 0.0)
        took = answered["ended"] - answered["due"] - lag
        for name, bound in self._bounds.items():
            self._over[name].update(keys[timed & (took > bound)].tolist())
        self._failed.update(keys[self._given_up(answered)].tolist())

    def _given_up(self, answered: NDArray[np.void]) -> NDArray[np.bool_]:
        """Tell which attempts failed and are not repeated."""
        failed = ~np.isin(answered["kind"], list(ACKNOWLEDGED))
        for row in np.flatnonzero(failed).tolist():
            offer = self._contract.offers(Verb(int(answered["verb"][row])))
            answer, attempt = AnswerClass(int(answered["kind"][row])), int(answered["attempt"][row])
            failed[row] = offer is None or not (offer.retry.covers(answer) and attempt <= offer.retry.retry_limit)
        return failed

    def _certain(self) -> Iterator[str]:
        """Yield a sentence for each objective that is missed for certain."""
        for name, bound in self._bounds.items():
            most, over = self._timed - ceil(QUANTILES[name] * self._timed - _SLACK), len(self._over[name])
            if over > most:
                yield (
                    f"latency {name} will be above {bound:g} s: {over} requests took longer, and with {most} of the "
                    f"{self._timed} that are planned it could still be within"
                )
        if self._error_rate is not None and len(self._failed) > self._error_rate * self._planned + _SLACK:
            yield (
                f"the error rate will be above {self._error_rate:g}: {len(self._failed)} of the {self._planned} "
                "requests that are planned have failed"
            )
