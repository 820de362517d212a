"""The voice menu that answers a call before an agent does: self-service."""

from sim.channels.channel import Channel, Kind

__all__ = ["CHANNEL"]

CHANNEL = Channel(name="ivr", step_kind=Kind.SELF_SERVICE, about="The voice menu before a call: self-service.")
