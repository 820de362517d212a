"""The company's app on a phone: self-service."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="app", step_kind=Kind.SELF_SERVICE, about="The company's app on a phone: self-service.")
