"""Write docs/scenario.md: ``python -m sim.scenario.reference > docs/scenario.md``."""

from __future__ import annotations

import sys

from sim.scenario.reference.page import page

if __name__ == "__main__":
    sys.stdout.write(page())
