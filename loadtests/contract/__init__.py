"""The contract: how to talk with an endpoint, as data."""

from loadtests.contract.calls import Call, Incomplete, Outcome, compile_calls
from loadtests.contract.reader import REFERENCE, read_contract
from loadtests.contract.schema import Contract, Offer, Readback, Setup
from loadtests.contract.vocabulary import ACKNOWLEDGED, AGENTS, INPUTS, SETUP_INPUTS, Class, Verb

__all__ = [
    "ACKNOWLEDGED",
    "AGENTS",
    "INPUTS",
    "REFERENCE",
    "SETUP_INPUTS",
    "Call",
    "Class",
    "Contract",
    "Incomplete",
    "Offer",
    "Outcome",
    "Readback",
    "Setup",
    "Verb",
    "compile_calls",
    "read_contract",
]
