"""A call to the customer, dialed when agents are idle."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="outbound", step_kind=Kind.DIALED, about="A call to the customer, dialed when agents are idle.")
