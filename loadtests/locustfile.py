"""Locust file that sends a scenario's customers to an endpoint.

``locust -f loadtests/locustfile.py --host http://127.0.0.1:8080 --scenario scenarios/retail_bank/scenario.yaml``
"""

import sys

from sim.core.libraries import explain_failure

try:
    from loadtests.conductor.locust_plugin import Customers, Schedule
except ImportError as error:
    if not (sentence := explain_failure(error)):
        raise
    sys.stderr.write(f"{sentence}\n")
    raise SystemExit(2) from None

__all__ = ["Customers", "Schedule"]
