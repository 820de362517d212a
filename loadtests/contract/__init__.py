"""Contracts: the HTTP requests of an endpoint, described as data."""

from loadtests.contract.calls import Call, MissingValueError, Outcome, compile_calls
from loadtests.contract.reader import REFERENCE, read_contract
from loadtests.contract.schema import Contract, Offer, Readback, Setup
from loadtests.contract.vocabulary import ACKNOWLEDGED, AGENTS, INPUTS, SETUP_INPUTS, UNSENT, AnswerClass, Verb

__all__ = [
    "ACKNOWLEDGED",
    "AGENTS",
    "INPUTS",
    "REFERENCE",
    "SETUP_INPUTS",
    "UNSENT",
    "AnswerClass",
    "Call",
    "Contract",
    "MissingValueError",
    "Offer",
    "Outcome",
    "Readback",
    "Setup",
    "Verb",
    "compile_calls",
    "read_contract",
]
