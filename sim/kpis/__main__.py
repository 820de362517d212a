"""Print docs/kpis.md; `make docs` writes it."""

from __future__ import annotations

import sys

from sim.kpis.docs import page

if __name__ == "__main__":
    sys.stdout.write(page())
