"""Queues with an exact answer: closed forms, integrals and Markov chains, each with its source."""

from sim.theory.chain import Chain, Distribution, explore
from sim.theory.constant_service import ConstantService, mds
from sim.theory.erlang_b import erlang_b, erlang_b_load, erlang_b_servers, erlang_b_servers_continuous
from sim.theory.erlang_c import ErlangC, erlang_c
from sim.theory.finite_source import ClosedLoop, mmsn
from sim.theory.general_arrivals import GeneralArrivals, gims
from sim.theory.general_patience import GeneralPatience, mmsg
from sim.theory.general_service import GeneralService, mg1
from sim.theory.infinite_server import offered_load
from sim.theory.markovian import Markovian, erlang_a, mmsk
from sim.theory.measures import ServiceLevel, SteadyState
from sim.theory.network import Network, Node, Visited, jackson
from sim.theory.priorities import PriorityClass, priority_mg1, priority_mms
from sim.theory.staffing import Definition, least_number, required_agents

__all__ = [
    "Chain",
    "ClosedLoop",
    "ConstantService",
    "Definition",
    "Distribution",
    "ErlangC",
    "GeneralArrivals",
    "GeneralPatience",
    "GeneralService",
    "Markovian",
    "Network",
    "Node",
    "PriorityClass",
    "ServiceLevel",
    "SteadyState",
    "Visited",
    "erlang_a",
    "erlang_b",
    "erlang_b_load",
    "erlang_b_servers",
    "erlang_b_servers_continuous",
    "erlang_c",
    "explore",
    "gims",
    "jackson",
    "least_number",
    "mds",
    "mg1",
    "mmsg",
    "mmsk",
    "mmsn",
    "offered_load",
    "priority_mg1",
    "priority_mms",
    "required_agents",
]
