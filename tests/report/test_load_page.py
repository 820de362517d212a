"""The page of a load test shows what was measured, even when that is little."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.report.load_page import Sendings, per_second, write_load_report

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


def test_a_second_without_requests_is_empty_and_the_last_one_is_drawn() -> None:
    due = np.array([0.1, 0.2, 2.5, 3.5])
    sent = Sendings(due, due, due, due + 0.7, np.array([True, True, True, False]))
    edges, rates = per_second(sent)
    assert edges.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]  # so the last second has an end
    assert {name: each.tolist() for name, each in rates.items()} == {
        "due": [2.0, 0.0, 1.0, 1.0],
        "acknowledged": [2.0, 0.0, 0.0, 1.0],
        "not acknowledged": [0.0, 0.0, 0.0, 1.0],
    }


def test_answers_after_the_last_due_second_have_slots_of_their_own() -> None:
    due = np.array([0.0, 500.0])  # slots of 3 s
    edges, rates = per_second(Sendings(due, due, due, np.array([1.0, 509.5]), np.array([True, True])))
    assert edges[-1] == 510.0
    assert (rates["due"][-1], rates["acknowledged"][-1], rates["not acknowledged"].max()) == (0.0, 1 / 3, 0.0)
