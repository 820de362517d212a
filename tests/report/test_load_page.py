"""The page of a load test shows what was measured, even when that is little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.report.load_page import Sendings, write_load_report

MANIFEST = {"scenario": "bank", "host": "http://127.0.0.1:1", "speed": 60.0, "seed": 7}


def sendings(count: int, *, failed: int = 0) -> Sendings:
    """Return requests due every 50 ms, sent 1 ms late, answered 10 ms later; the last ones are never answered."""
    due = np.arange(count) * 0.05
    ended = due + 0.011
    ended[count - failed :] = np.nan
    return Sendings(due, due, due + 0.001, ended, np.arange(count) < count - failed)


@pytest.mark.slow
@pytest.mark.parametrize(("count", "failed"), [(0, 0), (1, 0), (1, 1), (40_000, 3)])
def test_a_page_for_any_number_of_requests(tmp_path: Path, count: int, failed: int) -> None:
    rows, sent, limits = {"requests": "so many"}, sendings(count, failed=failed), [("p95", 0.25)]
    page = write_load_report(tmp_path, MANIFEST, ["Valid: all is well."], rows, sent, limits, passed=True)
    text = page.read_text(encoding="utf-8")
    assert text.index('class="verdict"><b>Valid: all is well.</b>') < text.index("so many")
    assert "bank: load test" in text
    assert "so many" in text
    assert text.count("<svg") == (3 if count else 0)
    assert "http://www.w3.org" in text or not count  # the name space of SVG
    assert "src=" not in text
    assert 'href="http' not in text


def test_latency_counts_from_the_due_instant() -> None:
    sent = sendings(3)
    np.testing.assert_allclose(sent.latency, 0.011)
    np.testing.assert_allclose(sent.service, 0.010)
    np.testing.assert_allclose(sent.lag, 0.001)
