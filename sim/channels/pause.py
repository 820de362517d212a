"""No channel at all: the customer is away, and comes back later."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="pause", step_kind=Kind.PAUSE, about="No channel: the customer is away, and comes back later.")
