"""A chat or voice bot: self-service."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="bot", step_kind=Kind.SELF_SERVICE, about="A chat or voice bot: self-service.")
