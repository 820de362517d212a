"""The company's web site: self-service."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="web", step_kind=Kind.SELF_SERVICE, about="The company's web site: self-service.")
