"""Queues with an exact answer: closed forms and integrals, each with its source."""

from sim.theory.erlang_b import erlang_b, erlang_b_load, erlang_b_servers, erlang_b_servers_continuous
from sim.theory.erlang_c import ErlangC, erlang_c
from sim.theory.finite_source import ClosedLoop, mmsn
from sim.theory.general_patience import GeneralPatience, mmsg
from sim.theory.infinite_server import offered_load
from sim.theory.markovian import Markovian, erlang_a, mmsk
from sim.theory.measures import ServiceLevel, SteadyState
from sim.theory.staffing import Definition, required_agents

__all__ = [
    "ClosedLoop",
    "Definition",
    "ErlangC",
    "GeneralPatience",
    "Markovian",
    "ServiceLevel",
    "SteadyState",
    "erlang_a",
    "erlang_b",
    "erlang_b_load",
    "erlang_b_servers",
    "erlang_b_servers_continuous",
    "erlang_c",
    "mmsg",
    "mmsk",
    "mmsn",
    "offered_load",
    "required_agents",
]
