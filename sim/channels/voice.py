"""A telephone call with an agent."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="voice", step_kind=Kind.ASSISTED, about="A telephone call with an agent.")
