"""``python -m benchmarks``: compare all programs in one run, check their work, and write README.md."""

from __future__ import annotations

import argparse

from benchmarks.bars import README, report, write_report
from benchmarks.processes import measure_memory, measure_start
from benchmarks.speed import Sizes, check_logs, measure_speed


def main() -> int:
    """Measure everything and write the report, or only check the work with ``--quick``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=5, help="rounds, in which programs take turns (default: %(default)s)"
    )
    parser.add_argument("--quick", action="store_true", help="one small round to check the work; writes nothing")
    parser.add_argument("--print", action="store_true", dest="only_print", help=f"leave {README.name} as it is")
    options = parser.parse_args()
    check_logs()
    if options.quick:
        print(report(*measure_speed(Sizes.quick(), 1)))
        return 0
    parts = [measure_speed(Sizes.full(), options.rounds), measure_start(options.rounds), measure_memory()]
    series, bars = [entry for part in parts for entry in part[0]], [bar for part in parts for bar in part[1]]
    print(report(series, bars))
    if not options.only_print:
        write_report(series, bars)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
