"""Fixtures that tests of several folders use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# A failure must be there again when one looks: no random examples, and no failure because the machine was busy.
settings.register_profile("sojourn", derandomize=True, deadline=None)
settings.load_profile("sojourn")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of exact and published results, which is kept outside the repository."""
    folder = Path(os.environ.get("SOJOURN_SHARED", Path(__file__).parents[2] / "shared"))
    if not (folder / "truth").is_dir():
        pytest.skip(f"{folder} holds no truth/: set SOJOURN_SHARED to the folder with the exact results")
    return folder
