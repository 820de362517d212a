"""Locust drives a scenario's customers against an endpoint.

``locust -f loadtests/locustfile.py --host http://127.0.0.1:8080 --scenario scenarios/retail_bank/scenario.yaml``
"""

from loadtests.conductor.locust_plugin import Customers, Schedule

__all__ = ["Customers", "Schedule"]
