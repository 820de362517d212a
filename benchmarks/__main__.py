"""``python -m benchmarks``: each program beside the others in one run, the work asserted, README.md written anew."""

from __future__ import annotations

import argparse

from benchmarks.bars import README, report, write_report
from benchmarks.processes import measure_memory, measure_start
from benchmarks.speed import Sizes, check_logs, measure_speed


def main() -> int:
    """Measure everything, and write the report; or, quickly, only check that each program does its work."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of taking turns (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="small and once, to check the work; writes nothing")
    parser.add_argument("--print", action="store_true", dest="only_print", help=f"leave {README.name} as it is")
    given = parser.parse_args()
    check_logs()
    if given.quick:
        print(report(*measure_speed(Sizes.quick(), 1)))
        return 0
    parts = [measure_speed(Sizes.full(), given.rounds), measure_start(given.rounds), measure_memory()]
    series, bars = [one for part in parts for one in part[0]], [bar for part in parts for bar in part[1]]
    print(report(series, bars))
    if not given.only_print:
        write_report(series, bars)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
