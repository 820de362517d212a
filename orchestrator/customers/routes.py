"""Routes of customers. What is known of one over all features is shown by `monitoring.customer_answers`."""

from orchestrator.customers import models
from orchestrator.customers.commands import Identify
from orchestrator.customers.handlers import identify, identify_needs
from orchestrator.customers.rows import Identity, Merged
from orchestrator.http.command import write_route
from orchestrator.service.feature import Feature

__all__ = ["FEATURE"]

FEATURE = Feature(
    tables=(Identity, Merged),
    commands={Identify: identify},
    needs={Identify: identify_needs},
    routes=(
        write_route(
            "POST", "/v1/customers/{customer}/identities", Identify,
            "Say that a name belongs to this customer; both histories stay, and are found by any name.",
            {200: ("They were one already.", models.PersonView), 201: ("They are one now.", models.PersonView)},
            "too-large",
        ),
    ),
)  # fmt: skip
