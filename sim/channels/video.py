"""A video call with an agent."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="video", step_kind=Kind.ASSISTED, about="A video call with an agent.")
