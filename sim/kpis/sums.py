"""What the blocks of a run give, put together: parts add up, and samples are kept until all is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sim.core.tallies import at_ranks
from sim.kpis.model import Part, Parts, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sim.kpis.cuts import Cut

__all__ = ["Sums"]


class Sums:
    """Parts and samples so far. A sample takes 12 bytes a value; parts take what one block's do."""

    def __init__(self) -> None:
        self._parts: dict[tuple[str, Cut], Part] = {}
        self._samples: dict[tuple[str, ...], list[Sample]] = {}

    def add(self, found: Iterable[Part | Sample]) -> None:
        """Add what a family found in a block.

        Parameters
        ----------
        found
            Its parts and samples.
        """
        for one in found:
            if isinstance(one, Sample):
                self._samples.setdefault(tuple(one.kpis.values()), []).append(one)
            else:
                before = self._parts.get((one.kpi, one.by))
                self._parts[one.kpi, one.by] = one if before is None else _together(before, one)

    def finish(self) -> Parts:
        """Return the values of every KPI that was measured; the samples are let go of, as they may be large."""
        while self._samples:
            _, samples = self._samples.popitem()
            self.add(_order_statistics(_joined(samples)))
        return self._parts


def _together(one: Part, other: Part) -> Part:
    num = np.maximum(one.num, other.num) if one.is_largest else one.num + other.num
    den = None if one.den is None or other.den is None else one.den + other.den
    return one._replace(num=num, den=den)


def _joined(samples: list[Sample]) -> Sample:
    """Put samples one after another, each with its own cells."""
    if len(samples) == 1:
        return samples.pop()
    cells = [len(next(iter(sample.codes.values()))) for sample in samples]
    before = np.cumsum([0, *cells[:-1]])
    first = samples[0]
    codes = {by: np.concatenate([sample.codes[by] for sample in samples]) for by in first.codes}
    cell = np.concatenate([sample.cell + np.int32(offset) for sample, offset in zip(samples, before, strict=True)])
    values = np.concatenate([sample.values for sample in samples])
    samples.clear()
    return first._replace(values=values, cell=cell, codes=codes)


def _order_statistics(sample: Sample) -> Iterator[Part]:
    """Yield quantiles by each cut: the smallest value that at least the wanted share of the values do not exceed."""
    kpis, values, cell, codes, sizes = sample
    del sample
    order = np.argsort(values)  # in whatever order equal values stand, they are equal
    values, cell = values[order], cell[order]
    del order
    for by, code in codes.items():
        number = np.bincount(code + 1, weights=np.bincount(cell, minlength=len(code)), minlength=sizes[by] + 1)[1:]
        ranks = np.array([np.maximum(np.ceil(share * number), number > 0) for share in kpis], dtype=np.int64)
        for name, num in zip(kpis.values(), at_ranks(code[cell], values, ranks), strict=True):
            yield Part(name, by, num, (number > 0).astype(np.float64))
