"""Locust file that sends a scenario's customers to an endpoint.

``locust -f loadtests/locustfile.py --host http://127.0.0.1:8080 --scenario scenarios/retail_bank/scenario.yaml``
"""

from loadtests.conductor.locust_plugin import Customers, Schedule

__all__ = ["Customers", "Schedule"]
