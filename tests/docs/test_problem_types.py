"""The endpoint's page lists every problem type."""

from __future__ import annotations

import re

from orchestrator.core.problems import KINDS
from tests.support.documentation import ROOT

PAGE = ROOT / "docs" / "orchestrator.md"


def test_every_kind_of_problem_stands_on_the_page() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d{3}) \| (.+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert {slug: (int(status), title) for slug, status, title in rows} == dict(KINDS)
